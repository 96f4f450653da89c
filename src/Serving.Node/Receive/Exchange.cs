using Serving.Node.Predict;
using Serving.Node.Respond;
using Serving.Node.Versions;

namespace Serving.Node.Receive;

/// <summary>
/// One request on its way through the stages, and how its protocol reads and writes. Objects are used again: whoever took one from its pool
/// puts it back when the answer is sent. One thread at a time.
/// </summary>
internal abstract class Exchange
{
    /// <summary>The name of the protocol in the prediction log.</summary>
    public abstract string Protocol { get; }

    public string RequestId { get; set; } = "";

    /// <summary>Timestamp of the time provider when the request was received.</summary>
    public long Began { get; set; }

    /// <summary>When the run was handed to the model; 0: it was not.</summary>
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

    /// <summary>Takes what the protocol puts into headers, path and query.</summary>
    public virtual void ReadHeaders(HttpRequest request)
    {
    }

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
        (Endpoint, Arm, Call) = (null!, null!, null!);
        (Began, Ran, Done, TimeoutUs) = (0, 0, 0, 0);
        (Priority, Rows) = (0, 0);
    }
}
