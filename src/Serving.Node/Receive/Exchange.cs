using Serving.Node.Cache;
using Serving.Node.Predict;
using Serving.Node.Respond;
using Serving.Node.Versions;

namespace Serving.Node.Receive;

/// <summary>
/// One request on its way through the stages, and how its protocol reads and writes. Objects are used again: whoever took one from its pool
/// puts it back when the answer is sent. One thread at a time.
/// </summary>
internal abstract class Exchange : IRunCaller
{
    /// <summary>The name of the protocol in the prediction log.</summary>
    public abstract string Protocol { get; }

    public string RequestId { get; set; } = "";

    /// <summary>Where it came from; null: not by HTTP.</summary>
    public HttpContext? Http { get; set; }

    /// <summary>Whether nobody waits for the answer any more.</summary>
    public virtual bool HasGone => Http is { RequestAborted.IsCancellationRequested: true };

    /// <summary>The answer that is given while this request's own thread is inside a run that does not end; null: there is none.</summary>
    public Task? AnsweredInPlace { get; private set; }

    /// <summary>Timestamp of the time provider when the request was received.</summary>
    public long Began { get; set; }

    /// <summary>When the inputs had been read; 0: they were not.</summary>
    public long Asked { get; set; }

    /// <summary>When the model began to run; 0: it did not.</summary>
    public long Ran { get; set; }

    /// <summary>When the model had answered.</summary>
    public long Done { get; set; }

    /// <summary>Microseconds the caller gives us, by its protocol's own means; 0: the endpoint's limit holds.</summary>
    public long TimeoutUs { get; set; }

    /// <summary>1 goes before all others; 0: no wish.</summary>
    public int Priority { get; set; }

    /// <summary>The version asked for; null: as routed.</summary>
    public string? Version { get; set; }

    /// <summary>The caller's assignment key; null: none was given, the request id takes its place.</summary>
    public string? Unit { get; set; }

    /// <summary>Ids by entity type, of the request or of its first row.</summary>
    public Dictionary<string, string>? Entities { get; set; }

    public ReadOnlyMemory<byte> Body { get; set; }

    public ServedEndpoint Endpoint { get; set; } = null!;

    /// <summary>Set by routing; its release is held until the exchange is over.</summary>
    public ServedArm Arm { get; set; } = null!;

    /// <summary>From reading the inputs to writing the answer.</summary>
    public ModelCall Call { get; set; } = null!;

    public int Rows { get; set; }

    /// <summary>The kept answer that was given; null: the model was run.</summary>
    public CachedAnswer? Hit { get; set; }

    void IRunCaller.RunIsStuck() => AnsweredInPlace = StuckAnswer.SendAsync(this);

    /// <summary>Takes what the protocol puts into headers, path and query; the body is there.</summary>
    /// <exception cref="Tensors.BadInputException">A header does not fit, or the body is not of the type that it says.</exception>
    public virtual ValueTask PrepareAsync(HttpRequest request) => ValueTask.CompletedTask;

    /// <summary>The native protocol names its entities in the body; elsewhere the header goes first.</summary>
    public virtual bool UnitInBodyFirst => false;

    /// <summary>Finds the assignment key in the body before the arm, and with it the model, is known.</summary>
    public virtual string? UnitInBody(string? entity) => null;

    /// <summary>Reads the body into the inputs of <see cref="Call"/>.</summary>
    /// <exception cref="System.Text.Json.JsonException">The body is malformed.</exception>
    /// <exception cref="Tensors.BadInputException">A value does not fit the model.</exception>
    public abstract void Read();

    /// <summary>Writes the answer from the outputs of <see cref="Call"/>.</summary>
    /// <returns>Its content type.</returns>
    public abstract string Write(ResponseBuffer into);

    /// <returns>The content type.</returns>
    public abstract string WriteFailure(ResponseBuffer into, Failure failure);

    /// <summary>Headers of the answer beside those that every protocol has.</summary>
    public virtual void WriteHeaders(HttpResponse response)
    {
    }

    /// <summary>Forgets everything of this request; followed by a return to the pool.</summary>
    public virtual void Recycle()
    {
        (RequestId, Version, Unit, Entities, Body) = ("", null, null, null, default);
        (Endpoint, Arm, Call, Http, Hit) = (null!, null!, null!, null, null);
        (Began, Asked, Ran, Done) = (0, 0, 0, 0);
        (TimeoutUs, Priority, Rows, AnsweredInPlace) = (0, 0, 0, null);
    }
}
