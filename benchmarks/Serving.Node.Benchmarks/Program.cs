using Serving.Node.Benchmarks.Load;
using Serving.Node.Benchmarks.Measure;
using Serving.Node.Benchmarks.Report;
using Serving.Node.Benchmarks.Suites;
using Testing;

// Started by benchmarks/run: [--quick] [--wrk] [--docs PAGE] [suite ...]; without a name, all suites.
(string Name, Func<Settings, Task<Section>> Run)[] suites =
[
    (PathBenchmark.Name, PathBenchmark.RunAsync),
    (PeersBenchmark.Name, PeersBenchmark.RunAsync),
    (Http2Benchmark.Name, Http2Benchmark.RunAsync),
    (GatewayBenchmark.Name, GatewayBenchmark.RunAsync),
    (OpenLoopBenchmark.Name, OpenLoopBenchmark.RunAsync),
    (BatchBenchmark.Name, BatchBenchmark.RunAsync),
    (LogBenchmark.Name, LogBenchmark.RunAsync),
    (CacheBenchmark.Name, CacheBenchmark.RunAsync),
    (WorkerBenchmark.Name, WorkerBenchmark.RunAsync),
    (LoadBesideBenchmark.Name, LoadBesideBenchmark.RunAsync),
    (ReloadBenchmark.Name, ReloadBenchmark.RunAsync),
];
var docs = args.SkipWhile(argument => argument != "--docs").Skip(1).FirstOrDefault();
var names = args.Where(argument => !argument.StartsWith("--", StringComparison.Ordinal) && argument != docs).ToList();
if (names.Find(name => suites.All(suite => suite.Name != name)) is { } unknown)
{
    Console.Error.WriteLine($"There is no suite {unknown}: {string.Join(' ', suites.Select(suite => suite.Name))}");
    return 2;
}

if (!Directory.Exists(Path.Combine(Repository.Shared, "models")))
{
    Console.Error.WriteLine($"The models of other makers are not in {Repository.Shared}; TEST_SHARED says where they are.");
    return 2;
}

await InlineSockets.UseAsync();
var settings = new Settings(args.Contains("--quick") ? 3 : 9, args.Contains("--wrk"));
var figures = new List<Figure>();
foreach (var (name, run) in suites.Where(suite => names.Count == 0 || names.Contains(suite.Name)))
{
    Console.WriteLine($"== {name}");
    var section = await run(settings);
    Console.WriteLine(section.Markdown());
    figures.AddRange(section.Figures);
    if (docs is not null)
        DocsPage.Write(docs, name, section.Markdown());
}

if (figures.Count > 0)
    Console.WriteLine("== figures\n" + Figure.Head + string.Concat(figures.Select(figure => figure.Row())));
return 0;
