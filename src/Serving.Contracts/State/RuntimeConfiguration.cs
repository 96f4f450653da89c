namespace Serving.Contracts.State;

/// <summary>How a node runs a release; part of what its id is a hash of.</summary>
/// <param name="Threads">Threads of one inference, 1 to 64.</param>
/// <param name="Isolation"><c>inProcess</c> or <c>process</c>.</param>
public sealed record RuntimeConfiguration(int Threads = 1, string Isolation = "inProcess", BatchingConfiguration? Batching = null);

/// <param name="MaxSize">Rows in one run, 1 to 4 096.</param>
/// <param name="MaxDelayUs">The longest a row may wait for others, microseconds.</param>
public sealed record BatchingConfiguration(int MaxSize, long MaxDelayUs);
