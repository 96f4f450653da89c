using System.Runtime.InteropServices;
using ControlPlane.Demo;
using ControlPlane.Demo.Api;
using ControlPlane.Demo.Bundles;
using ControlPlane.Demo.Traffic;
using ControlPlane.Demo.Training;

using var stop = new CancellationTokenSource();
using var onTerminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
using var onInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
try
{
    var arguments = DemoArguments.Parse(args);
    await (arguments.Mode switch
    {
        "prepare" => PrepareAsync(arguments.Required("--out"), stop.Token),
        "load" => LoadAsync(arguments, stop.Token),
        _ => SendAsync(arguments, stop.Token),
    });
    return 0;
}
catch (FormatException wrong)
{
    await Console.Error.WriteLineAsync($"{wrong.Message}\n{DemoArguments.Usage}");
    return 2;
}
catch (Exception refused) when (refused is ApiException or HttpRequestException)
{
    await Console.Error.WriteLineAsync(refused.Message);
    return 1;
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    return 0;
}

void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    stop.Cancel();
}

static async Task PrepareAsync(string folder, CancellationToken cancel)
{
    foreach (var recipe in FraudRecipe.All)
    {
        var (path, metrics) = await FraudBundle.WriteAsync(recipe, folder, cancel);
        await Console.Out.WriteLineAsync($"{path}: area under the curve {metrics.Auc:F3}");
    }
}

static async Task LoadAsync(DemoArguments arguments, CancellationToken cancel)
{
    var token = arguments.Values.TryGetValue("--token-file", out var file) ? (await File.ReadAllTextAsync(file, cancel)).Trim()
        : arguments.Values.GetValueOrDefault("--token") ?? Environment.GetEnvironmentVariable("CPCTL_TOKEN") ?? throw new FormatException("load needs --token-file.");
    using var api = new ControlPlaneApi(arguments.RequiredUrl("--server"), token);
    var own = arguments.Values.ContainsKey("--out") ? null : Directory.CreateTempSubdirectory("demo-");
    try
    {
        await new DemoLoader(api, Console.Out).LoadAsync(own?.FullName ?? arguments.Required("--out"), cancel);
    }
    finally
    {
        own?.Delete(recursive: true);
    }
}

static async Task SendAsync(DemoArguments arguments, CancellationToken cancel)
{
    using var gateway = new HttpClient { BaseAddress = arguments.RequiredUrl("--gateway"), Timeout = TimeSpan.FromSeconds(10) };
    await new TrafficLoop(gateway, arguments.Rate, TimeProvider.System, Console.Out).RunAsync(cancel);
}
