namespace Serving.Node.Workers;

/// <summary>The process that was to run a model ended before it had loaded it.</summary>
internal sealed class WorkerDiedException(string how) : Exception(how);

/// <summary>The runtime refuses the model; the message is its own.</summary>
internal sealed class ModelRefusedException(string why) : Exception(why);
