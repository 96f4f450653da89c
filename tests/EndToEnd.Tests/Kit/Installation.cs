using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Testing;
using Testing.Processes;

namespace EndToEnd.Tests.Kit;

/// <summary>A whole installation as <c>./run</c> starts it: a control plane that starts store, nodes and gateway itself, on free ports, with intervals of a tenth.</summary>
public sealed partial class Installation : IAsyncDisposable
{
    public const string Email = "admin@example.com";
    public const string Password = "correct horse battery";

    public const string ApiToken = "0123456789012345678901234567890123456789";
    private static readonly TimeSpan _startsWithin = TimeSpan.FromSeconds(60);

    private readonly int _port = FreePort.Take();
    private readonly int _nodePort;
    private readonly int _gatewayPort = FreePort.Take(3);
    private readonly string _nodes;
    private readonly bool _hasAdministrator;
    private ChildProcess? _controlPlane;

    private Installation(int productionNodes, bool hasAdministrator)
    {
        _hasAdministrator = hasAdministrator;
        _nodes = $"production/default={productionNodes}";
        _nodePort = FreePort.Take(3 + 20 * productionNodes);
        Api = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{_port}/api/v1/"), Timeout = TimeSpan.FromMinutes(3) };
        Api.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", ApiToken);
    }

    public string Data { get; } = Directory.CreateTempSubdirectory("e2e-").FullName;

    public HttpClient Api { get; }

    public string Url => $"http://127.0.0.1:{_port}";

    public string Gateway => $"http://127.0.0.1:{_gatewayPort}";

    /// <summary>Host and port for gRPC.</summary>
    public string GatewayHttp2 => $"127.0.0.1:{_gatewayPort + 1}";

    public ChildProcess ControlPlane => _controlPlane ?? throw new InvalidOperationException("The control plane does not run.");

    public string NodeUrl(int number) => $"http://127.0.0.1:{_nodePort + 20 * (number - 1)}";

    /// <param name="hasAdministrator">False: as a newcomer finds it, with the link to the set-up page in the log.</param>
    public static async Task<Installation> StartAsync(int productionNodes = 2, string? failPoints = null, bool hasAdministrator = true)
    {
        var installation = new Installation(productionNodes, hasAdministrator);
        await installation.StartControlPlaneAsync(failPoints);
        return installation;
    }

    public async Task StartControlPlaneAsync(string? failPoints = null, bool waitUntilReady = true)
    {
        _controlPlane = ChildProcess.Start(Repository.Program("ControlPlane.Web"), [], new Dictionary<string, string?>
        {
            ["ASPNETCORE_URLS"] = Url,
            ["PublicUrl"] = Url,
            ["Data__Directory"] = Data,
            ["Bootstrap__AdminEmail"] = _hasAdministrator ? Email : null,
            ["Bootstrap__AdminPassword"] = _hasAdministrator ? Password : null,
            ["Bootstrap__ApiToken"] = ApiToken,
            ["Local__Nodes"] = _nodes,
            ["Local__Gateway"] = "true",
            ["Local__Store"] = "false",
            ["Local__NodePort"] = $"{_nodePort}",
            ["Local__GatewayPort"] = $"{_gatewayPort}",
            ["Node__PollInterval"] = "00:00:03",
            ["Node__ReportInterval"] = "00:00:00.500",
            ["Node__ProvenAfter"] = "00:00:06",
            ["Gateway__PollInterval"] = "00:00:01",
            ["FAILPOINTS"] = failPoints,
        });
        if (waitUntilReady)
            await ReadyAsync();
    }

    public Task ReadyAsync() => Eventually.TrueAsync(
        async () => ControlPlane.HasExited
            ? throw new InvalidOperationException($"The control plane ended: {ControlPlane.Output}")
            : (await Api.GetAsync($"{Url}/healthz/ready")).IsSuccessStatusCode,
        _startsWithin, "control plane ready");

    /// <summary>As <c>kill -9</c>: nodes and gateway live on.</summary>
    public async Task KillControlPlaneAsync()
    {
        ControlPlane.Kill();
        await ControlPlane.WaitForExitAsync(TimeSpan.FromSeconds(10));
    }

    /// <summary>Pid of a process the control plane started: <c>node-production-1</c>, <c>gateway-production</c>.</summary>
    public int PidOf(string name) => int.Parse(PidMember().Match(File.ReadAllText(Path.Combine(Data, "run", $"{name}.json"))).Groups[1].Value);

    public string LogOf(string name) => File.ReadAllText(Path.Combine(Data, "logs", $"{name}.log"));

    /// <summary>Makes the model if need be, uploads a version of it and waits for the end of its validation.</summary>
    public async Task<JsonElement> UploadAsync(string model, byte[] file)
    {
        using var made = await Api.PostAsJsonAsync("models", new { name = model });
        using var content = new ByteArrayContent(file) { Headers = { ContentType = new MediaTypeHeaderValue("application/octet-stream") } };
        using var uploaded = await Api.PostAsync($"models/{model}/versions", content);
        var version = (await ReadAsync(uploaded)).GetProperty("version").GetString();
        return await GetAsync($"models/{model}/versions/{version}?wait=90s");
    }

    public async Task CreateEndpointAsync(string name, object? more = null)
    {
        using var made = await Api.PostAsJsonAsync("environments/production/endpoints", more ?? new { name });
        await ReadAsync(made);
    }

    public async Task<JsonElement> DeployAsync(string endpoint, string model, string version, string wait = "30s")
    {
        using var answer = await Api.PostAsJsonAsync($"environments/production/endpoints/{endpoint}/deploy?wait={wait}", new { model, version, strategy = "allAtOnce" });
        return await ReadAsync(answer);
    }

    public async Task<JsonElement> RollBackAsync(string endpoint, string wait = "10s")
    {
        using var answer = await Api.PostAsJsonAsync($"environments/production/endpoints/{endpoint}/rollback?wait={wait}", new { });
        return await ReadAsync(answer);
    }

    public async Task<JsonElement> GetAsync(string path)
    {
        using var answer = await Api.GetAsync(path);
        return await ReadAsync(answer);
    }

    public async Task ConvergedAsync(TimeSpan? within = null) => await Eventually.GetAsync(
        () => GetAsync("environments/production/convergence"),
        seen => seen.GetProperty("nodes").EnumerateArray().All(node => node.GetProperty("appliedRevision").GetInt64() == seen.GetProperty("desiredRevision").GetInt64()),
        within ?? TimeSpan.FromSeconds(30), "all nodes on the desired revision");

    public static async Task<JsonElement> ReadAsync(HttpResponseMessage answer)
    {
        var text = await answer.Content.ReadAsStringAsync();
        return answer.IsSuccessStatusCode
            ? JsonSerializer.Deserialize<JsonElement>(text)
            : throw new HttpRequestException($"{answer.RequestMessage?.Method} {answer.RequestMessage?.RequestUri}: {(int)answer.StatusCode} {text}");
    }

    public async ValueTask DisposeAsync()
    {
        if (_controlPlane is not null)
            await _controlPlane.DisposeAsync();
        foreach (var record in Directory.Exists(Path.Combine(Data, "run")) ? Directory.GetFiles(Path.Combine(Data, "run"), "*.json") : [])
        {
            if (int.TryParse(PidMember().Match(File.ReadAllText(record)).Groups[1].Value, out var pid))
                Signals.Kill(pid);
        }

        Api.Dispose();
        await Eventually.TrueAsync(TryDelete, TimeSpan.FromSeconds(10), "the data folder removed");
    }

    private bool TryDelete()
    {
        try
        {
            Directory.Delete(Data, recursive: true);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    [GeneratedRegex("\"pid\"\\s*:\\s*(\\d+)")]
    private static partial Regex PidMember();
}
