using System.Text;
using System.Text.Json;
using Testing;
using Testing.Load;

namespace Serving.Node.Tests.Kit;

/// <summary>A fake control plane and one real node that has joined it; intervals are a hundredth of the real ones.</summary>
internal sealed class Site : IAsyncDisposable
{
    private static readonly byte[] _one = Encoding.UTF8.GetBytes("""{"inputs":{"x":[1]}}""");

    /// <summary>Asks the collector for a first budget of 256 MiB, as a large processor cache does: the node must bound it by itself.</summary>
    public static (string Name, string Value) LargeCache => ("DOTNET_GCgen0size", "0x10000000");

    private Site(FakeControlPlane controlPlane)
    {
        ControlPlane = controlPlane;
        Cache = Path.Combine(Root, "cache");
    }

    public FakeControlPlane ControlPlane { get; }

    public NodeProcess Node { get; private set; } = null!;

    public string Root { get; } = Directory.CreateTempSubdirectory("node-fault-").FullName;

    public string Cache { get; private set; } = "";

    public Plan Plan => new(ControlPlane.Blobs);

    /// <summary>Where the node keeps its files from its next start on.</summary>
    public void CacheAt(string folder) => Cache = folder;

    public static async Task<Site> CreateAsync() => new(await FakeControlPlane.StartAsync());

    public void StartNode(params (string Name, string Value)[] settings)
    {
        var all = new Dictionary<string, string?>
        {
            ["Node__ControlPlaneUrl"] = ControlPlane.Url,
            ["Node__JoinToken"] = "cpj_test",
            ["Node__ReportInterval"] = "00:00:00.2",
            ["Node__PollInterval"] = "00:00:00.5",
        };
        foreach (var (name, value) in settings)
            all[name] = value;
        Node = NodeProcess.Start(Cache, all);
    }

    /// <summary>A node that serves endpoint <c>e</c> by version 1, which adds 1.</summary>
    public async Task<(Plan Plan, string Release)> ServeFirstAsync(params (string Name, string Value)[] settings)
    {
        var plan = Plan.With(out var release, "1", Testing.Models.TinyModel.Add(1)).Serving("e", release).Next();
        ControlPlane.Serve(plan.Seal().Utf8.ToArray(), plan.Seal().ContentHash);
        StartNode(settings);
        await Node.ReadyAsync(TimeSpan.FromSeconds(60));
        return (plan, release);
    }

    /// <summary>Kills the node and starts it anew on the same disk.</summary>
    public async Task RestartNodeAsync(params (string Name, string Value)[] settings)
    {
        Node.Process.Kill();
        await Node.DisposeAsync();
        StartNode(settings);
    }

    public async Task StopControlPlaneAsync() => await ControlPlane.DisposeAsync();

    public async Task<JsonElement> StatusAsync()
    {
        using var status = JsonDocument.Parse(await Node.Client.GetStringAsync("/status"));
        return status.RootElement.Clone();
    }

    /// <summary>Waits for the claim about <c>/status</c> to come true.</summary>
    public Task<JsonElement> StatusAsync(Func<JsonElement, bool> isRight, string what, double seconds = 30) =>
        Eventually.GetAsync(StatusAsync, isRight, TimeSpan.FromSeconds(seconds), what);

    /// <summary>Answer and body for one x.</summary>
    public async Task<(HttpResponseMessage Answer, string Body)> PostAsync(double x, string endpoint = "e")
    {
        var body = new StringContent(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{{\"inputs\":{{\"x\":[{x}]}}}}"), Encoding.UTF8, "application/json");
        var answer = await Node.Client.PostAsync($"/predict/{endpoint}", body);
        return (answer, await answer.Content.ReadAsStringAsync());
    }

    /// <summary>A series of <c>/metrics</c>, summed over its labels; 0: it is not there.</summary>
    public async Task<double> MetricAsync(string name) => (await Node.Client.GetStringAsync("/metrics")).Split('\n')
        .Where(line => line.StartsWith(name, StringComparison.Ordinal) && line[name.Length] is '{' or ' ')
        .Sum(line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>Pids of the node's workers.</summary>
    public IReadOnlyList<int> Workers() => [.. Directory.GetDirectories("/proc").Select(folder => int.TryParse(Path.GetFileName(folder), out var pid) ? pid : 0).Where(IsWorker)];

    /// <summary>What the endpoint answers for x = 1.</summary>
    public async Task<double> AskAsync(string endpoint = "e")
    {
        using var answer = await Node.Client.PostAsync($"/predict/{endpoint}", new ByteArrayContent(_one) { Headers = { ContentType = new("application/json") } });
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        using var body = JsonDocument.Parse(text);
        return body.RootElement.GetProperty("predictions")[0].GetProperty("y") is { ValueKind: JsonValueKind.Array } row ? row[0].GetDouble() : body.RootElement.GetProperty("predictions")[0].GetProperty("y").GetDouble();
    }

    public OpenLoopLoad Load(double perSecond = 50, string endpoint = "e") => OpenLoopLoad.Start(perSecond, $"{Node.Url}/predict/{endpoint}", _one);

    public async ValueTask DisposeAsync()
    {
        if (Node is not null)
            await Node.DisposeAsync();
        await ControlPlane.DisposeAsync();
        Directory.Delete(Root, recursive: true);
    }

    private bool IsWorker(int pid)
    {
        try
        {
            return pid > 0 && File.ReadAllText($"/proc/{pid}/cmdline").Split('\0') is var words && words.Contains("worker") && words.Any(word => word.StartsWith(Cache, StringComparison.Ordinal));
        }
        catch (IOException)
        {
            // It has ended meanwhile.
            return false;
        }
    }
}
