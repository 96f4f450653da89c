using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace ControlPlane.Demo.Api;

/// <summary>The part of the public API that the demo uses.</summary>
internal sealed class ControlPlaneApi : IDisposable
{
    private readonly HttpClient _http;

    public ControlPlaneApi(Uri server, string token)
    {
        _http = new HttpClient { BaseAddress = new Uri(server, "/api/v1/"), Timeout = TimeSpan.FromMinutes(5) };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    /// <returns>Null when there is no such thing.</returns>
    public async Task<JsonObject?> FindAsync(string path, CancellationToken cancel)
    {
        using var answer = await _http.GetAsync(path, cancel);
        return answer.StatusCode == HttpStatusCode.NotFound ? null : await ReadAsync(answer, path, cancel);
    }

    public async Task<JsonObject> PostAsync(string path, JsonObject body, CancellationToken cancel)
    {
        using var content = JsonContent.Create(body);
        return await PostAsync(path, content, cancel);
    }

    public async Task<JsonObject> PostFileAsync(string path, string file, CancellationToken cancel)
    {
        await using var stream = File.OpenRead(file);
        using var content = new StreamContent(stream) { Headers = { ContentType = new MediaTypeHeaderValue("application/zip") } };
        return await PostAsync(path, content, cancel);
    }

    public void Dispose() => _http.Dispose();

    private async Task<JsonObject> PostAsync(string path, HttpContent content, CancellationToken cancel)
    {
        using var ask = new HttpRequestMessage(HttpMethod.Post, path) { Content = content };
        // Each is a command of its own: this client sends nothing twice.
        // Whatever state it is in: only this client knows of it yet.
        ask.Headers.IfMatch.Add(EntityTagHeaderValue.Any);
        ask.Headers.Add("Idempotency-Key", $"demo-{Guid.CreateVersion7():N}");
        using var answer = await _http.SendAsync(ask, cancel);
        return await ReadAsync(answer, path, cancel);
    }

    private static async Task<JsonObject> ReadAsync(HttpResponseMessage answer, string path, CancellationToken cancel)
    {
        var text = await answer.Content.ReadAsStringAsync(cancel);
        if (!answer.IsSuccessStatusCode)
            throw new ApiException($"{answer.RequestMessage!.Method} {path} was answered {(int)answer.StatusCode}: {text}");
        return JsonNode.Parse(text) as JsonObject ?? throw new ApiException($"{path} did not answer a JSON object.");
    }
}

/// <summary>The control plane refused; the message holds its reason.</summary>
internal sealed class ApiException(string message) : Exception(message);
