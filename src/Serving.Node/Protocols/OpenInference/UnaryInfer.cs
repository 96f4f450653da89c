using System.Text;
using Google.Protobuf;
using Serving.Node.Protocols.OpenInference.Wire;
using Serving.Node.Protocols.Rpc;
using Serving.Node.Receive;
using Serving.Node.Respond;
using Serving.Node.Tensors;

namespace Serving.Node.Protocols.OpenInference;

/// <summary>
/// <c>ModelInfer</c> over gRPC, taken before routing as the other predictions are: plain requests where they lie, all others through messages. Streams and questions go through the library. Thread-safe.
/// </summary>
internal sealed class UnaryInfer(RpcPredictions predictions, ExchangePool<PlainInferExchange> plain, ExchangePool<OipRpcExchange> others)
{
    private const string Path = "/inference.GRPCInferenceService/ModelInfer";
    private const string Compression = "grpc-encoding";

    public static bool IsFor(HttpContext http, string path) =>
        path.Equals(Path, StringComparison.Ordinal) && HttpProtocol.IsHttp2(http.Request.Protocol) && HttpMethods.IsPost(http.Request.Method)
        && http.Request.ContentType is RpcFrame.ContentType or RpcFrame.ContentType + "+proto" && !http.Request.Headers.ContainsKey(Compression);

    public async Task AnswerAsync(HttpContext http)
    {
        RequestBody body = default;
        var buffer = ResponseBuffer.Rent();
        try
        {
            http.Response.ContentType = RpcFrame.ContentType;
            Failure? failure;
            try
            {
                body = await RequestBody.ReadAsync(http.Request, RpcSetup.LargestMessage);
                failure = RpcFrame.MessageOf(body.Memory) is { } message ? await AnswerAsync(http, message, buffer) : new Failure(StatusCodes.Status400BadRequest, "InvalidInput", "The request is not one whole message.");
            }
            catch (BadInputException bad)
            {
                failure = new Failure(bad.Status, "InvalidInput", bad.Message, bad.Field);
            }

            if (failure is not null)
            {
                RpcFrame.Refuse(http.Response, failure);
                return;
            }

            http.Response.AppendTrailer(RpcFrame.Status, "0");
            await http.Response.BodyWriter.WriteAsync(buffer.Written, CancellationToken.None);
        }
        finally
        {
            buffer.Return();
            body.Dispose();
        }
    }

    private ValueTask<Failure?> AnswerAsync(HttpContext http, ReadOnlyMemory<byte> message, ResponseBuffer buffer)
    {
        var exchange = plain.Rent();
        if (!exchange.Request.TryParse(message.Span))
        {
            plain.Return(exchange);
            return WholeAsync(http, message, buffer);
        }

        exchange.Body = message;
        predictions.Begin(exchange, http, exchange.Request.Version.Length == 0 ? null : Encoding.UTF8.GetString(exchange.Request.Version.In(message.Span)), RpcFrame.TimeoutOf(http.Request));
        var utf8 = exchange.Request.Model.In(message.Span);
        Span<char> name = utf8.Length <= 256 ? stackalloc char[utf8.Length] : new char[utf8.Length];
        name = name[..Encoding.UTF8.GetChars(utf8, name)];
        return PlainAsync(exchange, predictions.Find(exchange, name), message.Length, buffer);
    }

    private async ValueTask<Failure?> PlainAsync(PlainInferExchange exchange, Failure? unknown, int size, ResponseBuffer buffer)
    {
        try
        {
            return unknown ?? await predictions.AnswerAsync(exchange, size, buffer);
        }
        finally
        {
            plain.Return(exchange);
        }
    }

    private async ValueTask<Failure?> WholeAsync(HttpContext http, ReadOnlyMemory<byte> message, ResponseBuffer buffer)
    {
        var exchange = others.Rent();
        try
        {
            var request = exchange.Request = ModelInferRequest.Parser.ParseFrom(message.Span);
            predictions.Begin(exchange, http, request.ModelVersion, RpcFrame.TimeoutOf(http.Request));
            if ((predictions.Find(exchange, request.ModelName) ?? await predictions.AnswerAsync(exchange, message.Length, buffer)) is { } failure)
                return failure;
            buffer.Bytes.Advance(Blank(buffer));
            exchange.Answer!.WriteTo(buffer.Bytes);
            RpcFrame.Close(buffer.Written);
            return null;
        }
        catch (InvalidProtocolBufferException malformed)
        {
            return new Failure(StatusCodes.Status400BadRequest, "InvalidInput", $"The message cannot be read: {malformed.Message}");
        }
        finally
        {
            others.Return(exchange);
        }
    }

    private static int Blank(ResponseBuffer buffer)
    {
        buffer.Bytes.GetSpan(RpcFrame.PrefixBytes)[..RpcFrame.PrefixBytes].Clear();
        return RpcFrame.PrefixBytes;
    }
}
