using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Testing;
using Testing.Processes;

namespace ControlPlane.Web.Tests.Kit;

/// <summary>A control plane as a process of its own on a free port; its data directory outlives it, so that it can be killed and started again.</summary>
public sealed class ControlPlaneProcess : IAsyncDisposable
{
    public const string Token = "test-token-0123456789-0123456789-0123456789";
    public const string Email = "admin@example.org";
    public const string Password = "correct horse battery";

    private static readonly TimeSpan _longestStart = TimeSpan.FromSeconds(60);

    private readonly string _data;
    private readonly bool _ownsData;

    private ControlPlaneProcess(ChildProcess process, string url, string data, bool ownsData)
    {
        (Process, Url, _data, _ownsData) = (process, url, data, ownsData);
        Client = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = new Uri(url), Timeout = TimeSpan.FromMinutes(3) };
        Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token);
    }

    public ChildProcess Process { get; }

    public string Url { get; }

    public HttpClient Client { get; }

    public string Data => _data;

    public static async Task<ControlPlaneProcess> StartAsync(IReadOnlyDictionary<string, string?>? settings = null, string? data = null, string until = "/healthz/ready")
    {
        var started = Launch(settings, data);
        try
        {
            await Eventually.TrueAsync(async () => started.Process.HasExited || (await started.Client.GetAsync(until)).IsSuccessStatusCode, _longestStart, "control plane answers");
            Assert.False(started.Process.HasExited, started.Process.Output);
            return started;
        }
        catch
        {
            await started.DisposeAsync();
            throw;
        }
    }

    public static ControlPlaneProcess Launch(IReadOnlyDictionary<string, string?>? settings = null, string? data = null)
    {
        var folder = data ?? Directory.CreateTempSubdirectory("control-plane-test-").FullName;
        var url = settings?.GetValueOrDefault("ASPNETCORE_URLS") ?? $"http://127.0.0.1:{FreePort.Take()}";
        var environment = new Dictionary<string, string?>
        {
            ["ASPNETCORE_URLS"] = url,
            ["Data__Directory"] = folder,
            ["Bootstrap__ApiToken"] = Token,
            ["Bootstrap__AdminEmail"] = Email,
            ["Bootstrap__AdminPassword"] = Password,
        };
        foreach (var (name, value) in settings ?? new Dictionary<string, string?>())
            environment[name] = value;
        return new ControlPlaneProcess(ChildProcess.Start(Repository.Program("ControlPlane.Web"), [], environment), url, folder, data is null);
    }

    public async Task CreateModelAsync(string name) =>
        (await Client.PostAsJsonAsync("/api/v1/models", new { name })).EnsureSuccessStatusCode();

    public Task<HttpResponseMessage> UploadAsync(string model, byte[] file, string type = "application/octet-stream", string query = "", string? sha256 = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, $"/api/v1/models/{model}/versions{query}") { Content = new ByteArrayContent(file) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(type);
        if (sha256 is not null)
            request.Headers.Add("X-Content-SHA256", sha256);
        return Client.SendAsync(request);
    }

    /// <summary>The version once its validation has ended.</summary>
    public async Task<JsonElement> ValidatedAsync(string model, string version)
    {
        var answer = await Client.GetAsync($"/api/v1/models/{model}/versions/{version}?wait=120s");
        answer.EnsureSuccessStatusCode();
        return await answer.JsonAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Process.DisposeAsync();
        if (_ownsData)
            Directory.Delete(_data, recursive: true);
    }
}
