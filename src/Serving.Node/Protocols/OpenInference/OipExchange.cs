using System.Globalization;
using Serving.Node.Receive;
using Serving.Node.Respond;
using Serving.Node.Route;
using Serving.Node.Tensors;

namespace Serving.Node.Protocols.OpenInference;

/// <summary>An infer request of the Open Inference Protocol v2 over REST, with the binary tensor extension.</summary>
internal sealed class OipExchange : Exchange
{
    public const string HeaderLength = "Inference-Header-Content-Length";

    private const int None = -1;

    private readonly List<WantedOutput> _wanted = [];
    private int _jsonIn = None;
    private int _jsonOut = None;

    public override string Protocol => "oip";

    /// <summary>The caller's own id, echoed.</summary>
    public string? Id { get; set; }

    /// <summary>Outputs asked for, in the order asked; empty: all.</summary>
    public List<WantedOutput> Wanted => _wanted;

    /// <summary>Whether outputs leave as bytes where the output itself says nothing.</summary>
    public bool BinaryOutputs { get; set; }

    /// <summary>The body is the bytes of the only input, nothing else.</summary>
    public bool IsRaw => _jsonIn == 0;

    /// <summary>What is JSON of the body.</summary>
    public ReadOnlySpan<byte> Json => _jsonIn < 0 ? Body.Span : Body.Span[.._jsonIn];

    /// <summary>The bytes of the tensors that are not in the JSON.</summary>
    public ReadOnlySpan<byte> Binary => _jsonIn < 0 ? default : Body.Span[_jsonIn..];

    public override ValueTask PrepareAsync(HttpRequest request)
    {
        if (!request.Headers.TryGetValue(HeaderLength, out var given))
            return ValueTask.CompletedTask;
        if (!int.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out var length) || length > Body.Length)
            throw new BadInputException(HeaderLength, $"{HeaderLength} must be the number of bytes of the JSON part, 0 to the length of the body ({Body.Length}).");
        _jsonIn = length;
        return ValueTask.CompletedTask;
    }

    public override string? UnitInBody(string? entity) => AssignmentKey.InOpenInference(Json, entity);

    public override void Read()
    {
        if (IsRaw)
            OipRaw.Read(this);
        else
            OipRequest.Read(Json, this, Endpoint.State.Limits.MaxRows);
    }

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
        if (_wanted.Count == 0 && !BinaryOutputs && !Call.Model.HasOutputsWithoutJson)
        {
            OipResponse.WriteAll(json, Call);
            into.Append("}"u8);
            return "application/json";
        }

        using var outputs = new OipOutputs(this);
        outputs.WriteJson(json);
        into.Append("}"u8);
        if (!outputs.AnyBinary)
            return "application/json";
        _jsonOut = into.Written.Length;
        outputs.WriteBinary(into.Bytes);
        return "application/octet-stream";
    }

    public override string WriteFailure(ResponseBuffer into, Failure failure) => FailureWriter.WriteError(into, failure);

    public override void WriteHeaders(HttpResponse response)
    {
        if (_jsonOut >= 0)
            response.Headers[HeaderLength] = _jsonOut.ToString(CultureInfo.InvariantCulture);
    }

    public override void Recycle()
    {
        base.Recycle();
        Id = null;
        BinaryOutputs = false;
        _jsonIn = _jsonOut = None;
        _wanted.Clear();
    }
}

/// <param name="Index">Its place in the model.</param>
/// <param name="Binary">Null: as the request says.</param>
/// <param name="Classes">So many best classes instead of the tensor; 0: the tensor.</param>
internal readonly record struct WantedOutput(int Index, bool? Binary = null, int Classes = 0);
