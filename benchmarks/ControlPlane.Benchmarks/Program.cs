using ControlPlane.Benchmarks;
using Serving.Node.Benchmarks.Report;

// What a token costs: started by benchmarks/run authorization.
//   ControlPlane.Benchmarks authorization [--quick] [--docs PAGE]
if (args is [AuthorizationBenchmark.Name, ..])
{
    var markdown = await AuthorizationBenchmark.RunAsync(rounds: args.Contains("--quick") ? 3 : 9);
    Console.WriteLine($"== {AuthorizationBenchmark.Name}\n{markdown}");
    if (args.SkipWhile(argument => argument != "--docs").Skip(1).FirstOrDefault() is { } docs)
        DocsPage.Write(docs, AuthorizationBenchmark.Name, markdown);
    return;
}

// Rollback: from the click to the last of many nodes. The control plane is a process of its own; the nodes are clients in this one, on the same cores.
//   dotnet run -c Release --project benchmarks/ControlPlane.Benchmarks [-- nodes [rollbacks]]
var nodes = args.Length > 0 ? int.Parse(args[0]) : 1_000;
var rollbacks = args.Length > 1 ? int.Parse(args[1]) : 100;
await using var bench = await RollbackBenchmark.StartAsync(nodes);
await bench.RunAsync(rollbacks);
