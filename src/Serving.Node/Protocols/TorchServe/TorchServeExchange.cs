using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using Serving.Node.Receive;
using Serving.Node.Respond;
using Serving.Node.Tensors;

namespace Serving.Node.Protocols.TorchServe;

/// <summary>
/// A prediction as TorchServe takes it: the inputs of one row as a JSON object, or a form with such an object in each part <c>data</c>.
/// One row is answered by an object of outputs, several parts by a list of them.
/// </summary>
internal sealed class TorchServeExchange : Exchange
{
    private const string Part = "data";

    private List<byte[]>? _parts;

    public override string Protocol => "torchserve";

    public override async ValueTask PrepareAsync(HttpRequest request)
    {
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type) || !type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase))
            return;

        _parts = [];
        var body = MemoryMarshal.TryGetArray(Body, out var array) ? array : Body.ToArray();
        using var stream = new MemoryStream(body.Array!, body.Offset, body.Count, writable: false);
        try
        {
            var parts = new MultipartReader(HeaderUtilities.RemoveQuotes(type.Boundary).Value ?? "", stream);
            while (await parts.ReadNextSectionAsync(request.HttpContext.RequestAborted) is { } part)
            {
                if (ContentDispositionHeaderValue.TryParse(part.ContentDisposition, out var disposition) && disposition.Name == Part)
                    _parts.Add(await BytesOf(part.Body, request.HttpContext.RequestAborted));
            }
        }
        catch (Exception broken) when (broken is IOException or InvalidDataException or ArgumentException)
        {
            throw new BadInputException("body", $"The form in the body cannot be read: {broken.Message}");
        }

        if (_parts.Count == 0)
            throw new BadInputException(Part, "The form has no part named data.");
    }

    public override void Read()
    {
        if (_parts is null)
        {
            ReadRow(Body.Span, 0, 1);
            return;
        }

        if (_parts.Count > Endpoint.State.Limits.MaxRows)
            throw new BadInputException(Part, $"{_parts.Count} rows; this endpoint takes {Endpoint.State.Limits.MaxRows} in one request.", StatusCodes.Status413PayloadTooLarge);
        for (var row = 0; row < _parts.Count; row++)
            ReadRow(_parts[row], row, _parts.Count);
    }

    public override string Write(ResponseBuffer into)
    {
        if (_parts is not { Count: > 1 })
        {
            OutputObject.Write(into.Json, Call, 0, Rows);
            return "application/json";
        }

        into.Json.WriteStartArray();
        for (var row = 0; row < Rows; row++)
            OutputObject.Write(into.Json, Call, row, Rows);
        into.Json.WriteEndArray();
        return "application/json";
    }

    public override string WriteFailure(ResponseBuffer into, Failure failure) => TorchServeFailure.Write(into, failure);

    public override void Recycle()
    {
        base.Recycle();
        _parts = null;
    }

    private static async Task<byte[]> BytesOf(Stream part, CancellationToken cancel)
    {
        using var bytes = new MemoryStream();
        await part.CopyToAsync(bytes, cancel);
        return bytes.ToArray();
    }

    private void ReadRow(ReadOnlySpan<byte> utf8, int row, int rows)
    {
        var reader = new Utf8JsonReader(utf8);
        try
        {
            reader.Read();
            new RowReader(Call, Body.Length, Part, "").FillObject(ref reader, row, rows, inRows: rows > 1);
            // What follows the object is malformed, not ignored.
            while (reader.Read())
            {
            }
        }
        catch (InvalidOperationException broken)
        {
            throw new JsonException("A string holds what is not Unicode text.", broken);
        }
    }
}
