using Serving.Node.Respond;
using Serving.Node.Route;

namespace Serving.Node.Receive;

/// <summary>An infer request of the Open Inference Protocol v2 over REST.</summary>
internal sealed class OipExchange : Exchange
{
    private readonly List<int> _wanted = [];

    public override string Protocol => "oip";

    /// <summary>The caller's own id, echoed.</summary>
    public string? Id { get; set; }

    /// <summary>Outputs asked for, by their place in the model and in the order asked; empty: all.</summary>
    public List<int> Wanted => _wanted;

    public override string? UnitInBody(string? entity) => AssignmentKey.InOpenInference(Body.Span, entity);

    public override void Read() => OipRequest.Read(Body.Span, this, Endpoint.State.Limits.MaxRows);

    public override string Write(ResponseBuffer into)
    {
        into.Append(Arm.Answer.OpenInference);
        var json = into.Json;
        if (Id is not null)
        {
            into.Append(",\"id\":"u8);
            json.WriteStringValue(Id);
            json.Flush();
            json.Reset();
        }

        into.Append(",\"outputs\":"u8);
        OipResponse.WriteOutputs(json, Call, _wanted.Count == 0 ? null : _wanted);
        into.Append("}"u8);
        return "application/json";
    }

    public override string WriteFailure(ResponseBuffer into, Failure failure) => FailureWriter.WriteError(into, failure);

    public override void Recycle()
    {
        base.Recycle();
        Id = null;
        _wanted.Clear();
    }
}
