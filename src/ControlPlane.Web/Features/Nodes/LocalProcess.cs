namespace ControlPlane.Web.Features.Nodes;

/// <summary>One process that is to run on this machine.</summary>
/// <param name="Name">Name of its record and log: <c>node-production-1</c>.</param>
/// <param name="HealthUrl">Answers 200 once the process accepts work; null: its port accepting connections is enough.</param>
/// <param name="JoinEnvironment">It joins this environment and pool; null: it does not join.</param>
internal sealed record LocalProcess(
    string Name, string Program, IReadOnlyList<string> Arguments, IReadOnlyDictionary<string, string> Environment, int Port, string? HealthUrl,
    string? JoinVariable = null, string? JoinEnvironment = null, string? JoinPool = null);

/// <summary>What is written down of a running process, so that the next control plane knows it again.</summary>
/// <param name="StartTime">Field 22 of <c>/proc/PID/stat</c>: a pid alone may be another process by now.</param>
internal sealed record ProcessRecord(int Pid, long StartTime, int Port);
