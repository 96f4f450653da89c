namespace Serving.Node.Workers;

/// <summary>What a worker is started for.</summary>
/// <param name="Model">Path of the ONNX file.</param>
/// <param name="Threads">Of one inference.</param>
/// <param name="MemoryLimit">Bytes; a worker that holds more is replaced.</param>
internal sealed record WorkerOrder(string Release, string Model, int Threads, long MemoryLimit);
