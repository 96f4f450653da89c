using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;
using Serving.Contracts;
using Serving.Contracts.Joining;
using Serving.Contracts.Reports;
using Serving.Contracts.State;

namespace Testing.Fleet;

/// <summary>
/// A node that speaks the real protocol and loads nothing: it joins, listens, asks, verifies, takes what is newer, refuses what is older, and reports.
/// </summary>
public sealed class SimulatedNode : IAsyncDisposable
{
    // Thousands of them share one processor here; what one has verified the others need not verify again.
    private static readonly ConcurrentDictionary<string, StateDocument?> _verified = new(StringComparer.Ordinal);

    private readonly Uri _controlPlane;
    private readonly HttpClient _http;
    private readonly string _credential;
    private readonly string _session = Guid.CreateVersion7().ToString("N");
    private readonly ConcurrentQueue<long> _appliedRevisions = new();
    private readonly Lock _lock = new();
    private HubConnection? _hub;
    private StateDocument? _applied;
    private Rejection? _rejected;

    private SimulatedNode(Uri controlPlane, HttpClient http, string name, string credential) =>
        (_controlPlane, _http, Name, _credential) = (controlPlane, http, name, credential);

    public string Name { get; }

    /// <summary>Loses every push, as a connection does that is open and dead.</summary>
    public bool LosesPushes { get; set; }

    /// <summary>Says that it cannot load these releases.</summary>
    public string? CannotLoad { get; set; }

    public DesiredState? Applied => _applied?.State;

    public Rejection? Rejected => _rejected;

    public HubConnectionState Connection => _hub?.State ?? HubConnectionState.Disconnected;

    /// <summary>Every revision it has applied, in order.</summary>
    public IReadOnlyList<long> AppliedRevisions => [.. _appliedRevisions];

    /// <param name="http">Shared by all; carries no credential itself.</param>
    public static async Task<SimulatedNode> JoinAsync(HttpClient http, Uri controlPlane, string joinToken, string name)
    {
        using var answer = await http.PostAsJsonAsync(new Uri(controlPlane, "/node/v1/join"), new JoinRequest(joinToken, name), ContractsJson.Default.JoinRequest);
        answer.EnsureSuccessStatusCode();
        var joined = await answer.Content.ReadFromJsonAsync(ContractsJson.Default.JoinResponse);
        return new SimulatedNode(controlPlane, http, name, joined!.Credential);
    }

    public async Task ConnectAsync()
    {
        _hub = new HubConnectionBuilder()
            .WithUrl(new Uri(_controlPlane, "/hubs/nodes"), options =>
            {
                options.SkipNegotiation = true;
                options.Transports = HttpTransportType.WebSockets;
                options.Headers["Authorization"] = $"Bearer {_credential}";
            })
            .AddMessagePackProtocol()
            .Build();
        _hub.On<byte[]>("State", utf8 => LosesPushes ? Task.CompletedTask : TakeAsync(utf8));
        await _hub.StartAsync();
        await ReportAsync();
    }

    public async Task DisconnectAsync()
    {
        if (_hub is { } hub)
            await hub.DisposeAsync();
        _hub = null;
    }

    /// <summary>Asks for the state over HTTP, as every node does from time to time, and reports over HTTP.</summary>
    public async Task<HttpStatusCode> PollAsync()
    {
        using var request = Request(HttpMethod.Get, "/node/v1/state");
        if (_applied is { } have)
            request.Headers.IfNoneMatch.Add(new EntityTagHeaderValue($"\"{have.ContentHash}\""));
        using var answer = await _http.SendAsync(request);
        if (answer.StatusCode == HttpStatusCode.OK)
            Take(await answer.Content.ReadAsByteArrayAsync());

        using var report = Request(HttpMethod.Post, "/node/v1/report");
        report.Content = JsonContent.Create(Report(), ContractsJson.Default.Report);
        (await _http.SendAsync(report)).Dispose();
        return answer.StatusCode;
    }

    public Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, HttpContent? content = null, Action<HttpRequestHeaders>? headers = null)
    {
        var request = Request(method, path);
        request.Content = content;
        headers?.Invoke(request.Headers);
        return _http.SendAsync(request);
    }

    /// <summary>Takes bytes as if they had been pushed.</summary>
    public async Task TakeAsync(byte[] utf8)
    {
        if (Take(utf8))
            await ReportAsync();
    }

    public async Task ReportAsync()
    {
        if (_hub is not { State: HubConnectionState.Connected } hub)
            return;

        try
        {
            await hub.SendAsync("Report", JsonSerializer.SerializeToUtf8Bytes(Report(), ContractsJson.Default.Report));
        }
        catch (Exception lost) when (lost is InvalidOperationException or OperationCanceledException or IOException)
        {
            // The connection ended meanwhile; the next report says the same.
        }
    }

    /// <summary>Calls the hub with whatever it is given, and waits for what it says.</summary>
    public Task InvokeAsync(string method, byte[] utf8) => _hub!.InvokeAsync(method, utf8);

    public Task SendFramesAsync(params Frame[] frames) =>
        _hub!.InvokeAsync("Frames", JsonSerializer.SerializeToUtf8Bytes(frames, ContractsJson.Default.FrameArray));

    public async ValueTask DisposeAsync() => await DisconnectAsync();

    private bool Take(byte[] utf8)
    {
        var document = _verified.GetOrAdd(Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(utf8)), _ => StateDocument.Verify(utf8, out var _));
        lock (_lock)
        {
            var have = _applied?.State;
            if (document is null)
                return Refuse(new Rejection(0, RejectionReasons.MalformedState, "The document does not verify."));
            if (have is not null && document.State.Revision <= have.Revision)
            {
                return document.State.TimelineId != have.TimelineId
                    && Refuse(new Rejection(document.State.Revision, RejectionReasons.RevisionRegression, $"Revision {document.State.Revision} is not above {have.Revision}."));
            }

            if (CannotLoad is { } release && document.State.Releases.ContainsKey(release))
                return Refuse(new Rejection(document.State.Revision, RejectionReasons.LoadFailed, "It cannot be loaded.", release));

            _applied = document;
            _rejected = null;
            _appliedRevisions.Enqueue(document.State.Revision);
            return true;
        }
    }

    private bool Refuse(Rejection rejected)
    {
        _rejected = rejected;
        return true;
    }

    private Report Report()
    {
        var state = _applied?.State;
        return new Report
        {
            NodeSession = _session,
            AppliedRevision = state?.Revision ?? 0,
            TimelineId = state?.TimelineId,
            ContentHash = state?.ContentHash,
            Rejected = _rejected,
            Serving = state is null ? [] : [.. state.Releases.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => Served(state, pair.Key, pair.Value))],
            Clock = TimeProvider.System.GetUtcNow(),
            Address = "http://127.0.0.1:1",
            Source = "push",
        };
    }

    private static ServedRelease Served(DesiredState state, string id, ReleaseState release) => new(
        id, release.Model, release.Version, release.Artifact, DateTimeOffset.UnixEpoch,
        state.Endpoints.Any(endpoint => endpoint.Arms.Any(arm => arm.Release == id)) ? ServedRelease.Serving : ServedRelease.Warm);

    private HttpRequestMessage Request(HttpMethod method, string path) =>
        new(method, new Uri(_controlPlane, path)) { Headers = { Authorization = new AuthenticationHeaderValue("Bearer", _credential) } };
}
