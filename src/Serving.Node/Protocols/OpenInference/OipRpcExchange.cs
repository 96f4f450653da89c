using Serving.Node.Protocols.OpenInference.Wire;
using Serving.Node.Protocols.Rpc;
using Serving.Node.Tensors;

namespace Serving.Node.Protocols.OpenInference;

/// <summary>An infer request of the Open Inference Protocol v2 over gRPC.</summary>
internal sealed class OipRpcExchange : RpcExchange<ModelInferRequest, ModelInferResponse>
{
    private const string EntityPrefix = "entity.";

    public override string Protocol => "oip-grpc";

    public override string? UnitInBody(string? entity)
    {
        if (Request.Parameters.TryGetValue("assignment_key", out var given) && given.HasStringParam)
            return given.StringParam;
        return entity is not null && Request.Parameters.TryGetValue(EntityPrefix + entity, out var id) && id.HasStringParam ? id.StringParam : null;
    }

    public override void Read()
    {
        foreach (var (name, value) in Request.Parameters)
        {
            if (value.HasStringParam && name.StartsWith(EntityPrefix, StringComparison.Ordinal))
                (Entities ??= new(StringComparer.Ordinal))[name[EntityPrefix.Length..]] = value.StringParam;
        }

        if (OipMessages.NumberOf(Request.Parameters, "timeout") is > 0 and var timeout)
            TimeoutUs = TimeoutUs == 0 ? timeout : Math.Min(TimeoutUs, timeout);
        Priority = (int)Math.Min(OipMessages.NumberOf(Request.Parameters, "priority") ?? 0, int.MaxValue);
        OipMessages.Read(Request, Call, Endpoint.State.Limits.MaxRows);
        foreach (var wanted in Request.Outputs)
        {
            if (Array.IndexOf(Call.Model.OutputNames, wanted.Name) < 0)
                throw new BadInputException("outputs", $"The model has no output {wanted.Name}; it has {string.Join(", ", Call.Model.OutputNames)}.");
        }
    }

    protected override ModelInferResponse WriteAnswer()
    {
        var answer = new ModelInferResponse { ModelName = Endpoint.Name, ModelVersion = Arm.Release.State.Version, Id = Request.Id };
        if (Request.Outputs.Count == 0)
        {
            foreach (var output in Call.Outputs)
                OipMessages.Write(answer, output);
        }

        foreach (var wanted in Request.Outputs)
            WriteWanted(answer, wanted);
        return answer;
    }

    private void WriteWanted(ModelInferResponse answer, ModelInferRequest.Types.InferRequestedOutputTensor wanted)
    {
        var tensor = Call.Outputs[Array.IndexOf(Call.Model.OutputNames, wanted.Name)];
        if (OipMessages.NumberOf(wanted.Parameters, "classification") is not (> 0 and var classes))
        {
            OipMessages.Write(answer, tensor);
            return;
        }

        using var top = TopClasses.Of(tensor, Rows, (int)Math.Min(classes, int.MaxValue));
        OipMessages.Write(answer, top);
    }
}
