using Microsoft.Net.Http.Headers;
using Serving.Node.Receive;
using Serving.Node.Respond;
using Serving.Node.Tensors;

namespace Serving.Node.Protocols.MLflow;

/// <summary>An invocation as MLflow's scoring server takes it: JSON in four forms, CSV or Parquet. Tables are answered by one object a row, tensors by a tensor.</summary>
internal sealed class MlflowExchange : Exchange
{
    private MlflowFrame? _frame;
    private bool _isTable;

    public override string Protocol => "mlflow";

    public override async ValueTask PrepareAsync(HttpRequest request)
    {
        var most = Endpoint.State.Limits.MaxRows;
        switch (TypeOf(request.ContentType))
        {
            case "application/json":
                break;
            case "text/csv":
                _frame = MlflowTables.ReadCsv(Body, most);
                break;
            case "application/vnd.apache.parquet":
                _frame = await MlflowTables.ReadParquetAsync(Body, most, request.HttpContext.RequestAborted);
                break;
            default:
                throw new BadInputException("Content-Type", "This endpoint takes application/json, text/csv and application/vnd.apache.parquet, each in UTF-8.", StatusCodes.Status415UnsupportedMediaType);
        }
    }

    public override void Read()
    {
        var most = Endpoint.State.Limits.MaxRows;
        if (_frame is null)
        {
            _isTable = MlflowRequest.Read(Body, Call, most);
            return;
        }

        MlflowRequest.FillFrame(_frame, Call, most);
        _isTable = true;
    }

    public override string Write(ResponseBuffer into)
    {
        var json = into.Json;
        json.WriteStartObject();
        json.WritePropertyName("predictions"u8);
        if (!_isTable && Call.Outputs is [var only])
            OutputWriter.WriteWhole(json, only, ValueForms.Json);
        else
            OutputObject.WriteAll(json, Call, Rows);
        json.WriteEndObject();
        return "application/json";
    }

    public override string WriteFailure(ResponseBuffer into, Failure failure) => MlflowFailure.Write(into, failure);

    public override void Recycle()
    {
        base.Recycle();
        _frame = null;
        _isTable = false;
    }

    /// <returns>Null where it has a parameter other than <c>charset=utf-8</c>, or cannot be read.</returns>
    private static string? TypeOf(string? contentType)
    {
        if (!MediaTypeHeaderValue.TryParse(contentType, out var type))
            return null;
        foreach (var parameter in type.Parameters)
        {
            if (!parameter.Name.Equals("charset", StringComparison.OrdinalIgnoreCase) || !HeaderUtilities.RemoveQuotes(parameter.Value).Equals("utf-8", StringComparison.OrdinalIgnoreCase))
                return null;
        }

        return type.MediaType.Value?.ToLowerInvariant();
    }
}
