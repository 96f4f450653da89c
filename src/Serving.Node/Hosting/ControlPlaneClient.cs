using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Serving.Contracts;
using Serving.Contracts.Joining;
using Serving.Contracts.Reports;
using Serving.Node.Metrics;

namespace Serving.Node.Hosting;

/// <summary>The control plane's node API, as this node calls it. Thread-safe.</summary>
internal sealed partial class ControlPlaneClient(NodeOptions options, NodePaths paths, SeriesRegistry registry, ILogger<ControlPlaneClient> logger) : IDisposable
{
    private const long LongestAnswer = 32 << 20;

    private readonly HttpClient _http = new(ControlPlaneTrust.Handler(options.ControlPlaneCa))
    {
        Timeout = Timeout.InfiniteTimeSpan,
        // Of what is read whole; files are streamed.
        MaxResponseContentBufferSize = LongestAnswer,
    };

    private static readonly TimeSpan _answerWithin = TimeSpan.FromSeconds(15);

    private readonly SemaphoreSlim _joining = new(1);
    private volatile NodeIdentity? _identity = Read(paths.Credential, options.ControlPlaneUrl);
    private volatile bool _isRefused;

    public bool IsConfigured => options.ControlPlaneUrl.Length > 0;

    public NodeIdentity? Identity => _identity;

    public string Pool => options.Pool.Length > 0 ? options.Pool : _identity?.Pool ?? "default";

    public string Environment => _identity?.Environment ?? options.Environment;

    public Uri Hub => new(new Uri(options.ControlPlaneUrl), "/hubs/nodes");

    /// <summary>Says which process speaks.</summary>
    public string Session => registry.Session;

    /// <summary>PEM file with the only authorities that are trusted; empty: those of this machine.</summary>
    public string Authority => options.ControlPlaneCa;

    /// <summary>Gets this node's credential where it has none.</summary>
    /// <exception cref="HttpRequestException">The control plane is away or refuses the join token.</exception>
    public async Task<NodeIdentity> EnsureJoinedAsync(CancellationToken cancel)
    {
        if (_identity is { } known && !_isRefused)
            return known;

        // Poll and hub come here together; a second join would take the first one's credential away.
        await _joining.WaitAsync(cancel);
        try
        {
            return _isRefused || _identity is null ? await JoinAsync(cancel) : _identity;
        }
        finally
        {
            _joining.Release();
        }
    }

    private async Task<NodeIdentity> JoinAsync(CancellationToken cancel)
    {
        if (options.JoinToken.Length == 0)
            throw new HttpRequestException("This node has no credential and no join token (Node__JoinToken).");

        using var within = Within(cancel);
        var ask = new JoinRequest(
            options.JoinToken, options.Name, JoinRequest.Node, NodeAddress.Of(options), NodeAddress.AgentVersion,
            options.Environment.Length > 0 ? options.Environment : null, options.Pool.Length > 0 ? options.Pool : null);
        using var answer = await _http.PostAsJsonAsync(At("/node/v1/join"), ask, ContractsJson.Default.JoinRequest, within.Token);
        if (!answer.IsSuccessStatusCode)
            throw new HttpRequestException($"The control plane refused to let this node join: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(within.Token)}", null, answer.StatusCode);

        var joined = (await answer.Content.ReadFromJsonAsync(ContractsJson.Default.JoinResponse, within.Token))!;
        var identity = new NodeIdentity(joined.NodeId, joined.Credential, joined.Environment, joined.Pool, options.ControlPlaneUrl);
        Keep(identity);
        LogJoined(joined.NodeId, joined.Environment, joined.Pool);
        return identity;
    }

    /// <summary>Fetches a new credential and goes on with it. The old one ends with the first use of the new one, so losing the answer loses nothing.</summary>
    public async Task RotateAsync(CancellationToken cancel)
    {
        if (_identity is not { } identity)
            return;
        using var within = Within(cancel);
        using var ask = Ask(HttpMethod.Post, "/node/v1/credential");
        using var answer = await SendAsync(ask, within.Token);
        answer.EnsureSuccessStatusCode();
        var next = (await answer.Content.ReadFromJsonAsync(ContractsJson.Default.CredentialResponse, within.Token))!;
        Keep(identity with { Credential = next.Credential });
        LogRotated();
    }

    /// <returns>The document's bytes; null when it is still the one named.</returns>
    public async Task<byte[]?> GetStateAsync(string? knownHash, CancellationToken cancel)
    {
        using var within = Within(cancel);
        using var ask = Ask(HttpMethod.Get, "/node/v1/state");
        if (knownHash is not null)
            ask.Headers.IfNoneMatch.Add(new EntityTagHeaderValue($"\"{knownHash}\""));
        using var answer = await SendAsync(ask, within.Token);
        if (answer.StatusCode is HttpStatusCode.NotModified or HttpStatusCode.NoContent)
            return null;
        if (answer.StatusCode == HttpStatusCode.Unauthorized)
            throw new HttpRequestException("The control plane does not accept this node's credential: it was revoked, is unknown there, or another process uses it. The node goes on serving what it has; to follow again it joins with a new join token.", null, answer.StatusCode);
        answer.EnsureSuccessStatusCode();
        return await answer.Content.ReadAsByteArrayAsync(within.Token);
    }

    /// <summary>A file by its hash, from <paramref name="offset"/> on. The caller disposes of the answer.</summary>
    public async Task<HttpResponseMessage> GetBlobAsync(string sha256, long offset, CancellationToken cancel)
    {
        using var ask = Ask(HttpMethod.Get, $"/node/v1/blobs/{sha256}");
        if (offset > 0)
        {
            ask.Headers.Range = new RangeHeaderValue(offset, null);
            ask.Headers.IfRange = new RangeConditionHeaderValue(new EntityTagHeaderValue($"\"{sha256}\""));
        }

        return await SendAsync(ask, cancel, HttpCompletionOption.ResponseHeadersRead);
    }

    public async Task PutSegmentAsync(string path, string segment, CancellationToken cancel)
    {
        using var within = Within(cancel);
        await using var file = File.OpenRead(path);
        var hash = Convert.ToHexStringLower(await SHA256.HashDataAsync(file, within.Token));
        file.Position = 0;
        using var ask = Ask(HttpMethod.Put, $"/node/v1/records/{segment}");
        ask.Headers.Add("X-Content-SHA256", hash);
        ask.Content = new StreamContent(file) { Headers = { ContentType = new MediaTypeHeaderValue("application/vnd.apache.parquet") } };
        using var answer = await SendAsync(ask, within.Token);
        answer.EnsureSuccessStatusCode();
    }

    public async Task PostReportAsync(Report report, CancellationToken cancel)
    {
        using var within = Within(cancel);
        using var ask = Ask(HttpMethod.Post, "/node/v1/report");
        ask.Content = JsonContent.Create(report, ContractsJson.Default.Report);
        using var answer = await SendAsync(ask, within.Token);
        answer.EnsureSuccessStatusCode();
    }

    public void Dispose()
    {
        _http.Dispose();
        _joining.Dispose();
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage ask, CancellationToken cancel, HttpCompletionOption completion = HttpCompletionOption.ResponseContentRead)
    {
        var answer = await _http.SendAsync(ask, completion, cancel);
        if (answer.StatusCode == HttpStatusCode.Unauthorized && options.JoinToken.Length > 0 && ask.Headers.Authorization?.Parameter == _identity?.Credential)
        {
            // Revoked or unknown to this installation: the join token may still let the node in anew. What it is for stays as it is until then.
            _isRefused = true;
        }

        return answer;
    }

    private void Keep(NodeIdentity identity)
    {
        Durable.Write(paths.Credential, JsonSerializer.SerializeToUtf8Bytes(identity, IdentityJson.Default.NodeIdentity), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        _identity = identity;
        _isRefused = false;
    }

    private HttpRequestMessage Ask(HttpMethod method, string path)
    {
        var ask = new HttpRequestMessage(method, At(path)) { Headers = { Authorization = new AuthenticationHeaderValue("Bearer", _identity?.Credential) } };
        ask.Headers.Add(JoinRequest.SessionHeader, Session);
        return ask;
    }

    private Uri At(string path) => new(new Uri(options.ControlPlaneUrl), path);

    private static CancellationTokenSource Within(CancellationToken cancel)
    {
        var within = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        within.CancelAfter(_answerWithin);
        return within;
    }

    private static NodeIdentity? Read(string path, string controlPlane)
    {
        if (!File.Exists(path))
            return null;
        try
        {
            var identity = JsonSerializer.Deserialize(File.ReadAllBytes(path), IdentityJson.Default.NodeIdentity);
            return identity?.ControlPlane == controlPlane ? identity : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    [LoggerMessage(LogLevel.Information, "Joined as {NodeId}: environment {Environment}, pool {Pool}")]
    private partial void LogJoined(string nodeId, string environment, string pool);

    [LoggerMessage(LogLevel.Information, "Has a new credential")]
    private partial void LogRotated();
}

/// <param name="ControlPlane">Whose credential it is: one for another control plane is not sent there.</param>
internal sealed record NodeIdentity(string NodeId, string Credential, string Environment, string Pool, string ControlPlane);

[JsonSerializable(typeof(NodeIdentity))]
internal sealed partial class IdentityJson : JsonSerializerContext;
