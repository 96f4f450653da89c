using System.Text;
using System.Text.Json;
using Serving.Node.Receive;
using Serving.Node.Respond;
using Serving.Node.Tensors;
using Serving.Node.Versions;

namespace Serving.Node.Protocols.Native;

/// <summary>Writes the native answer: outputs by name, one object a row.</summary>
internal static class NativeResponse
{
    public static void Write(ResponseBuffer into, Exchange exchange, bool explain)
    {
        into.Append("{\"requestId\":\""u8);
        // Request ids are ASCII letters, digits and dashes.
        into.Bytes.Advance(Encoding.ASCII.GetBytes(exchange.RequestId, into.Bytes.GetSpan(exchange.RequestId.Length)));
        into.Append(exchange.Hit is null ? exchange.Arm.Answer.Native : exchange.Arm.Answer.NativeFromCache);
        OutputObject.WriteAll(into.Json, exchange.Call, exchange.Rows);
        if (explain)
        {
            into.Append(",\"features\":"u8);
            into.Json.Reset();
            WriteFeatures(into.Json, exchange);
        }

        into.Append("}"u8);
    }

    private static void WriteFeatures(Utf8JsonWriter json, Exchange exchange)
    {
        json.WriteStartArray();
        for (var row = 0; row < exchange.Rows; row++)
        {
            foreach (var input in exchange.Call.AllInputs)
            {
                if (!input.IsSet)
                    continue;
                json.WriteStartObject();
                json.WriteNumber("row"u8, row);
                json.WriteString("name"u8, input.Name);
                json.WriteString("source"u8, "input"u8);
                json.WritePropertyName("value"u8);
                OutputWriter.WriteRow(json, input, row, exchange.Rows);
                json.WriteEndObject();
            }
        }

        json.WriteEndArray();
    }
}
