using Serving.Node.Predict;
using Serving.Node.Receive;
using Serving.Node.Respond;
using Serving.Node.Tensors;

namespace Serving.Node.Protocols.TensorFlow;

/// <summary>A predict request as TensorFlow Serving and KServe v1 take it: rows (<c>instances</c>) or columns (<c>inputs</c>).</summary>
internal sealed class TensorFlowExchange : Exchange
{
    private const string BytesSuffix = "_bytes";

    private bool _inColumns;

    public override string Protocol => "tensorflow";

    public override void Read() => _inColumns = TensorFlowRequest.Read(NonFiniteTokens.Quoted(Body).Span, this, Endpoint.State.Limits.MaxRows);

    public override string Write(ResponseBuffer into)
    {
        var json = into.Json;
        var outputs = Call.Outputs;
        json.WriteStartObject();
        json.WritePropertyName(_inColumns ? "outputs"u8 : "predictions"u8);
        if (_inColumns && outputs.Length == 1)
            OutputWriter.WriteWhole(json, outputs[0], FormsOf(outputs[0]));
        else if (_inColumns)
            WriteColumns(into);
        else
            WriteRows(into);
        json.WriteEndObject();
        return "application/json";
    }

    public override string WriteFailure(ResponseBuffer into, Failure failure) => FailureWriter.WriteError(into, TensorFlowStatus.InItsWords(failure, this));

    public override void Recycle()
    {
        base.Recycle();
        _inColumns = false;
    }

    private void WriteColumns(ResponseBuffer into)
    {
        into.Json.WriteStartObject();
        for (var i = 0; i < Call.Outputs.Length; i++)
        {
            into.Json.WritePropertyName(Call.Model.JsonNames[i]);
            OutputWriter.WriteWhole(into.Json, Call.Outputs[i], FormsOf(Call.Outputs[i]));
        }

        into.Json.WriteEndObject();
    }

    private void WriteRows(ResponseBuffer into)
    {
        var json = into.Json;
        json.WriteStartArray();
        for (var row = 0; row < Rows; row++)
        {
            if (Call.Outputs is [var only])
            {
                OutputWriter.WriteRow(json, only, row, Rows, FormsOf(only));
                continue;
            }

            json.WriteStartObject();
            for (var i = 0; i < Call.Outputs.Length; i++)
            {
                json.WritePropertyName(Call.Model.JsonNames[i]);
                OutputWriter.WriteRow(json, Call.Outputs[i], row, Rows, FormsOf(Call.Outputs[i]));
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>Numbers that JSON has no form for leave as bare words, and text whose name says that it is bytes in base 64.</summary>
    private static ValueForms FormsOf(TensorBuffer output) =>
        output.Name.EndsWith(BytesSuffix, StringComparison.Ordinal) ? ValueForms.NonFinite | ValueForms.Base64 : ValueForms.NonFinite;
}
