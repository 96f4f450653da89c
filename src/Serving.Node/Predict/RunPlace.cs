using Microsoft.ML.OnnxRuntime;

namespace Serving.Node.Predict;

/// <summary>Where a model runs, one run at a time. <see cref="End"/> and <see cref="TryLeave"/> may be called on another thread than the run.</summary>
internal abstract class RunPlace : IDisposable
{
    /// <summary>Runs the model on the inputs of the call, all of which are set, and sets its outputs.</summary>
    /// <exception cref="OnnxRuntimeException">The run failed, or was ended.</exception>
    /// <exception cref="RunFailedException">The same, in another process.</exception>
    /// <exception cref="NotSupportedException">An output has no form on the wire, or is too large for one.</exception>
    /// <exception cref="UnavailableException">The process that runs this model is not there, or died of this run.</exception>
    public abstract void Run(ModelCall call);

    /// <summary>Asks the run under way to end; it fails then.</summary>
    public abstract void End();

    /// <summary>After a run that was asked to end: the next one is not.</summary>
    public abstract void Renew();

    /// <summary>Gives up a run that was asked to end and does not.</summary>
    /// <returns>True: whoever waits for it comes free at once. False: the run keeps its thread until it ends by itself.</returns>
    public abstract bool TryLeave();

    public abstract void Dispose();
}

/// <summary>Runs of a session in this process, on the caller's thread.</summary>
internal sealed class SessionPlace(OnnxModel model) : RunPlace
{
    private RunOptions _options = new();

    public override void Run(ModelCall call) => model.Run(call, _options);

    public override void End() => _options.Terminate = true;

    public override void Renew()
    {
        _options.Dispose();
        _options = new RunOptions();
    }

    public override bool TryLeave() => false;

    public override void Dispose() => _options.Dispose();
}
