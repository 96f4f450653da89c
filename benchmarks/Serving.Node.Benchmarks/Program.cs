using Serving.Node.Benchmarks;

// The request path of the node against an empty endpoint of the same web server, on the same machine, by the same client.
//   dotnet run -c Release --project benchmarks/Serving.Node.Benchmarks [-- rounds]
if (args is [EmptyServer.Verb, var port])
{
    await EmptyServer.RunAsync(int.Parse(port));
    return;
}

var rounds = args is [var given] ? int.Parse(given) : 9;
await using var bench = await PathBenchmark.StartAsync();
await bench.RunAsync(rounds);
