namespace Serving.Contracts.State;

/// <summary>How a node runs a release; part of what its id is a hash of.</summary>
/// <param name="Threads">Threads of one inference, 1 to 64.</param>
/// <param name="Isolation"><c>inProcess</c>, or <c>process</c>: in a process of its own, so that a crash costs nothing but the requests in it.</param>
/// <param name="Outputs">What is to be known of outputs, by name; null where there is nothing, so that the hash of such releases stays what it was.</param>
/// <param name="Memory">
/// What a process of its own may hold, bytes, <see cref="LeastMemory"/> to <see cref="MostMemory"/>; one that holds more is replaced. Null: as the node is configured.
/// </param>
public sealed record RuntimeConfiguration(
    int Threads = 1, string Isolation = RuntimeConfiguration.InProcess, BatchingConfiguration? Batching = null, IReadOnlyDictionary<string, OutputConfiguration>? Outputs = null,
    long? Memory = null)
{
    public const string InProcess = "inProcess";
    public const string Process = "process";

    /// <summary>Bytes; less than a process without any model may take.</summary>
    public const long LeastMemory = 64L << 20;

    /// <summary>Bytes.</summary>
    public const long MostMemory = 1L << 40;

    /// <summary>Whether answers are kept for every endpoint that uses the release.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public bool HasEmbeddings => Outputs?.Values.Any(output => output.Embedding) is true;
}

/// <param name="Embedding">The output is an embedding: a function of the inputs that many callers ask for again.</param>
public sealed record OutputConfiguration(bool Embedding = false);

/// <param name="MaxSize">Rows in one run, 1 to 4 096.</param>
/// <param name="MaxDelayUs">The longest a row may wait for others, microseconds.</param>
public sealed record BatchingConfiguration(int MaxSize, long MaxDelayUs);
