namespace Serving.Node.Predict;

/// <summary>A request took longer than it may.</summary>
internal sealed class DeadlineException() : Exception("The deadline passed.");

/// <summary>A request would wait longer than it may.</summary>
internal sealed class OverloadException(TimeSpan wait) : Exception("What waits already takes longer.")
{
    public TimeSpan Wait => wait;
}

/// <summary>The model failed on an input in a process of its own; the message is the runtime's.</summary>
internal sealed class RunFailedException(string message) : Exception(message);

/// <summary>A release cannot run at this moment, whatever the input.</summary>
/// <param name="wasRunning">The run had begun, and its process died.</param>
internal sealed class UnavailableException(string why, bool wasRunning) : Exception(why)
{
    public bool WasRunning => wasRunning;
}

/// <summary>The run came back long after its caller had been answered in its place.</summary>
internal sealed class TooLateException() : Exception("The run ended after its caller was answered.");
