using Serving.Node.Protocols.OpenInference;
using Serving.Node.Protocols.Rpc;
using Serving.Node.Protocols.TensorFlow.Wire;
using Serving.Node.Tensors;

namespace Serving.Node.Protocols.TensorFlow;

/// <summary>A predict request of TensorFlow Serving over gRPC.</summary>
internal sealed class TensorFlowRpcExchange : RpcExchange<PredictRequest, PredictResponse>
{
    public override string Protocol => "tensorflow-grpc";

    public override void Read()
    {
        if (Request.ModelSpec?.SignatureName is { Length: > 0 } and not "serving_default")
            throw new BadInputException("model_spec.signature_name", "signature_name must be serving_default, the only signature of an ONNX model, or absent.");
        foreach (var (name, tensor) in Request.Inputs)
        {
            var at = OipMessages.IndexOf(Call.Model.AllInputs, name, 0);
            TensorProtos.Read(tensor, Call.Model.AllInputs[at], Call.AllInputs[at], Endpoint.State.Limits.MaxRows);
        }

        foreach (var (at, tensor) in Call.Inputs.Index())
        {
            if (!tensor.IsSet)
                throw new BadInputException($"inputs.{tensor.Name}", $"Input {tensor.Name} ({Call.Model.Inputs[at].Datatype} {ShapeText.Of(Call.Model.Inputs[at].Shape)}) is missing.");
        }

        foreach (var wanted in Request.OutputFilter)
        {
            if (Array.IndexOf(Call.Model.OutputNames, wanted) < 0)
                throw new BadInputException("output_filter", $"The model has no output {wanted}; it has {string.Join(", ", Call.Model.OutputNames)}.");
        }
    }

    protected override PredictResponse WriteAnswer()
    {
        var answer = new PredictResponse { ModelSpec = TensorFlowService.SpecOf(Endpoint.Name, Arm) };
        answer.ModelSpec.SignatureName = "serving_default";
        foreach (var output in Call.Outputs)
        {
            if (Request.OutputFilter.Count == 0 || Request.OutputFilter.Contains(output.Name))
                answer.Outputs[output.Name] = TensorProtos.Write(output);
        }

        return answer;
    }
}
