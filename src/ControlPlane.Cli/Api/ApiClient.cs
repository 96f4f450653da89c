using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ControlPlane.Cli.Api;

/// <summary>The control plane's API, as JSON. Every answer other than 2xx is an <see cref="ApiException"/>.</summary>
internal sealed class ApiClient : IDisposable
{
    private static readonly TimeSpan _longest = TimeSpan.FromMinutes(35);

    private readonly HttpClient _http;

    public ApiClient(string server, string? token)
    {
        Server = server.TrimEnd('/');
        _http = new HttpClient { Timeout = _longest };
        _http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("cpctl", Version));
        if (token is not null)
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    public static string Version { get; } = typeof(ApiClient).Assembly.GetName().Version!.ToString(3);

    public string Server { get; }

    public Task<JsonNode> GetAsync(string path, CancellationToken cancel) => SendAsync(HttpMethod.Get, path, null, null, cancel);

    public Task<JsonNode> PostAsync(string path, JsonNode? body, CancellationToken cancel, string? ifMatch = null) => SendAsync(HttpMethod.Post, path, Json(body), ifMatch, cancel);

    public Task<JsonNode> PostTextAsync(string path, string text, string type, CancellationToken cancel) => SendAsync(HttpMethod.Post, path, new StringContent(text, Encoding.UTF8, type), null, cancel);

    public Task<JsonNode> PutAsync(string path, JsonNode body, CancellationToken cancel) => SendAsync(HttpMethod.Put, path, Json(body), null, cancel);

    public Task<JsonNode> PatchAsync(string path, JsonNode body, CancellationToken cancel) => SendAsync(HttpMethod.Patch, path, Json(body), null, cancel);

    public Task<JsonNode> PutBytesAsync(string path, byte[] bytes, int count, CancellationToken cancel) =>
        SendAsync(HttpMethod.Put, path, new ByteArrayContent(bytes, 0, count) { Headers = { ContentType = new MediaTypeHeaderValue("application/octet-stream") } }, null, cancel);

    public Task<JsonNode> DeleteAsync(string path, CancellationToken cancel) => SendAsync(HttpMethod.Delete, path, null, null, cancel);

    /// <summary>Members of a list, part after part.</summary>
    public async Task<JsonArray> ListAsync(string path, CancellationToken cancel)
    {
        var all = new JsonArray();
        string? cursor = null;
        do
        {
            var separator = path.Contains('?', StringComparison.Ordinal) ? '&' : '?';
            var part = await GetAsync(cursor is null ? path : $"{path}{separator}cursor={Uri.EscapeDataString(cursor)}", cancel);
            foreach (var item in part["items"]!.AsArray().ToList())
                all.Add(item!.DeepClone());
            cursor = (string?)part["nextCursor"];
        }
        while (cursor is not null);
        return all;
    }

    /// <returns>Bytes the server has of an upload; null: it does not know it.</returns>
    public async Task<long?> OffsetAsync(string path, CancellationToken cancel)
    {
        using var ask = new HttpRequestMessage(HttpMethod.Head, At(path));
        using var answer = await TryAsync(() => _http.SendAsync(ask, cancel), cancel);
        return answer.IsSuccessStatusCode && answer.Headers.TryGetValues("Upload-Offset", out var offset) ? long.Parse(offset.First()) : null;
    }

    public async Task<string?> ETagAsync(string path, CancellationToken cancel)
    {
        using var answer = await TryAsync(() => _http.GetAsync(At(path), cancel), cancel);
        return answer.Headers.ETag?.ToString();
    }

    public async Task DownloadAsync(string path, Stream into, CancellationToken cancel)
    {
        using var answer = await TryAsync(() => _http.GetAsync(At(path), HttpCompletionOption.ResponseHeadersRead, cancel), cancel);
        if (!answer.IsSuccessStatusCode)
            throw await ProblemAsync(answer, cancel);
        await answer.Content.CopyToAsync(into, cancel);
    }

    /// <summary>To any address, such as the gateway's: status and body as they are.</summary>
    public async Task<(HttpStatusCode Status, string Body)> PostRawAsync(string url, byte[] body, CancellationToken cancel)
    {
        using var content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        using var bare = new HttpClient();
        using var answer = await TryAsync(() => bare.PostAsync(url, content, cancel), cancel);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(cancel));
    }

    public async Task<bool> IsHealthyAsync(string path, CancellationToken cancel)
    {
        using var answer = await TryAsync(() => _http.GetAsync($"{Server}{path}", cancel), cancel);
        return answer.IsSuccessStatusCode;
    }

    public void Dispose() => _http.Dispose();

    private string At(string path) => $"{Server}/api/v1/{path}";

    private async Task<JsonNode> SendAsync(HttpMethod method, string path, HttpContent? content, string? ifMatch, CancellationToken cancel)
    {
        using var ask = new HttpRequestMessage(method, At(path)) { Content = content };
        if (ifMatch is not null)
            ask.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        using var answer = await TryAsync(() => _http.SendAsync(ask, cancel), cancel);
        if (!answer.IsSuccessStatusCode)
            throw await ProblemAsync(answer, cancel);
        var text = await answer.Content.ReadAsStringAsync(cancel);
        return text.Length == 0 ? new JsonObject() : JsonNode.Parse(text)!;
    }

    private async Task<HttpResponseMessage> TryAsync(Func<Task<HttpResponseMessage>> send, CancellationToken cancel)
    {
        try
        {
            return await send();
        }
        catch (HttpRequestException unreachable)
        {
            throw new ApiException(null, $"{Server} does not answer: {unreachable.Message}. Is the control plane running? Name it with --server or CPCTL_SERVER.");
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new ApiException(HttpStatusCode.RequestTimeout, $"{Server} did not answer in time.");
        }
    }

    private static async Task<ApiException> ProblemAsync(HttpResponseMessage answer, CancellationToken cancel)
    {
        var text = await answer.Content.ReadAsStringAsync(cancel);
        try
        {
            var problem = JsonNode.Parse(text)!.AsObject();
            var message = new StringBuilder((string?)problem["detail"] ?? (string?)problem["title"] ?? text);
            foreach (var check in (problem["checks"] as JsonArray ?? []).Where(check => (string?)check!["outcome"] == "failed"))
                message.Append($"\n  failed check: {check!["check"]}");
            return new ApiException(answer.StatusCode, message.ToString(), (string?)problem["code"]);
        }
        catch (Exception unreadable) when (unreadable is JsonException or InvalidOperationException)
        {
            return new ApiException(answer.StatusCode, answer.StatusCode == HttpStatusCode.Unauthorized
                ? "You are not signed in. Run cpctl login, or set CPCTL_TOKEN."
                : $"{(int)answer.StatusCode} {answer.ReasonPhrase}");
        }
    }

    private static StringContent? Json(JsonNode? body) => body is null ? null : new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
}
