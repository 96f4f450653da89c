using ControlPlane.Benchmarks;

// Rollback: from the click to the last of many nodes. The control plane is a process of its own; the nodes are clients in this one, on the same cores.
//   dotnet run -c Release --project benchmarks/ControlPlane.Benchmarks [-- nodes [rollbacks]]
var nodes = args.Length > 0 ? int.Parse(args[0]) : 1_000;
var rollbacks = args.Length > 1 ? int.Parse(args[1]) : 100;
await using var bench = await RollbackBenchmark.StartAsync(nodes);
await bench.RunAsync(rollbacks);
