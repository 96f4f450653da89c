using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization;
using Serving.Contracts;
using Serving.Contracts.Joining;
using Serving.Contracts.Reports;

namespace Serving.Gateway.Hosting;

/// <summary>The control plane's node API, as this gateway calls it. Thread-safe.</summary>
internal sealed partial class Membership(GatewayOptions options, TimeProvider time, ILogger<Membership> logger) : IDisposable
{
    private static readonly TimeSpan _answerWithin = TimeSpan.FromSeconds(10);

    private readonly HttpClient _http = new(ControlPlaneTrust.Handler(options.ControlPlaneCa))
    {
        Timeout = _answerWithin,
    };

    private readonly string _path = Path.Combine(Path.GetFullPath(options.CacheDirectory), "credential.json");

    private volatile Identity? _identity;

    public static string AgentVersion { get; } = typeof(Membership).Assembly.GetName().Version!.ToString(3);

    public bool IsConfigured => options.ControlPlaneUrl.Length > 0;

    public string? Credential => _identity?.Credential;

    public Uri Hub => At("/hubs/nodes");

    /// <summary>One id for each start of the process.</summary>
    public string Session { get; } = Guid.CreateVersion7(time.GetUtcNow()).ToString("N");

    /// <summary>PEM file with the only authorities that are trusted; empty: those of this machine.</summary>
    public string Authority => options.ControlPlaneCa;

    public string Address => options.Address.Length > 0 ? options.Address : Listen.Reachable(options.Url);

    /// <exception cref="HttpRequestException">The control plane is away or refuses the join token.</exception>
    public async Task JoinAsync(CancellationToken cancel)
    {
        _identity ??= Read();
        if (_identity is not null)
            return;
        if (options.JoinToken.Length == 0)
            throw new HttpRequestException("This gateway has no credential and no join token (Gateway__JoinToken).");

        var ask = new JoinRequest(options.JoinToken, options.Name, JoinRequest.Gateway, Address, AgentVersion, options.Environment);
        using var answer = await _http.PostAsJsonAsync(At("/node/v1/join"), ask, ContractsJson.Default.JoinRequest, cancel);
        if (!answer.IsSuccessStatusCode)
            throw new HttpRequestException($"The control plane refused to let this gateway join: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(cancel)}");

        var joined = (await answer.Content.ReadFromJsonAsync(ContractsJson.Default.JoinResponse, cancel))!;
        if (joined.Environment != options.Environment)
            throw new HttpRequestException($"The join token is for environment {joined.Environment}, this gateway is for {options.Environment} (Gateway__Environment).");

        var identity = new Identity(joined.NodeId, joined.Credential, options.ControlPlaneUrl);
        DurableFile.Write(_path, JsonSerializer.SerializeToUtf8Bytes(identity, IdentityJson.Default.Identity));
        _identity = identity;
        LogJoined(joined.NodeId, joined.Environment);
    }

    /// <summary>Fetches a new credential and goes on with it. The old one ends with the first use of the new one, so losing the answer loses nothing.</summary>
    public async Task RotateAsync(CancellationToken cancel)
    {
        if (_identity is not { } identity)
            return;
        using var ask = Ask(HttpMethod.Post, "/node/v1/credential");
        using var answer = await SendAsync(ask, cancel);
        answer.EnsureSuccessStatusCode();
        var next = (await answer.Content.ReadFromJsonAsync(ContractsJson.Default.CredentialResponse, cancel))!;
        var renewed = identity with { Credential = next.Credential };
        DurableFile.Write(_path, JsonSerializer.SerializeToUtf8Bytes(renewed, IdentityJson.Default.Identity));
        _identity = renewed;
    }

    public async Task<PeerList?> GetPeersAsync(CancellationToken cancel)
    {
        using var ask = Ask(HttpMethod.Get, "/node/v1/peers");
        using var answer = await SendAsync(ask, cancel);
        answer.EnsureSuccessStatusCode();
        return await answer.Content.ReadFromJsonAsync(ContractsJson.Default.PeerList, cancel);
    }

    public async Task PostReportAsync(Report report, CancellationToken cancel)
    {
        using var ask = Ask(HttpMethod.Post, "/node/v1/report");
        ask.Content = JsonContent.Create(report, ContractsJson.Default.Report);
        using var answer = await SendAsync(ask, cancel);
        answer.EnsureSuccessStatusCode();
    }

    public void Dispose() => _http.Dispose();

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage ask, CancellationToken cancel)
    {
        var answer = await _http.SendAsync(ask, cancel);
        if (answer.StatusCode == HttpStatusCode.Unauthorized && options.JoinToken.Length > 0)
        {
            // Revoked, or unknown to this installation: the join token may still let this gateway in anew.
            _identity = null;
            File.Delete(_path);
        }

        return answer;
    }

    private HttpRequestMessage Ask(HttpMethod method, string path)
    {
        var ask = new HttpRequestMessage(method, At(path)) { Headers = { Authorization = new AuthenticationHeaderValue("Bearer", Credential) } };
        ask.Headers.Add(JoinRequest.SessionHeader, Session);
        return ask;
    }

    private Uri At(string path) => new(new Uri(options.ControlPlaneUrl), path);

    /// <returns>Null as well when it is a credential for another control plane: it is not sent there.</returns>
    private Identity? Read()
    {
        if (!File.Exists(_path))
            return null;
        try
        {
            var identity = JsonSerializer.Deserialize(File.ReadAllBytes(_path), IdentityJson.Default.Identity);
            return identity?.ControlPlane == options.ControlPlaneUrl ? identity : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    internal sealed record Identity(string NodeId, string Credential, string ControlPlane);

    [LoggerMessage(LogLevel.Information, "Joined as {NodeId}: gateway of environment {Environment}")]
    private partial void LogJoined(string nodeId, string environment);
}

[JsonSerializable(typeof(Membership.Identity))]
internal sealed partial class IdentityJson : JsonSerializerContext;
