using System.Buffers.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Serving.Node.Tensors;

/// <summary><c>{"b64": "…"}</c>: a text whose bytes travel in base 64.</summary>
internal static class Base64Element
{
    /// <summary>Reads one, of which the reader stands on the brace; it stands on the closing one afterwards.</summary>
    /// <exception cref="BadInputException">It is another object, no base 64, or no UTF-8, which is what models take as text.</exception>
    public static void Read(ref Utf8JsonReader reader, TensorBuffer into, int element, in FieldPath field)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.PropertyName || !reader.ValueTextEquals("b64"u8) || !reader.Read() || reader.TokenType != JsonTokenType.String)
            throw Wrong(field, element, "expected a string or {\"b64\": \"…\"}");
        if (reader.ValueIsEscaped)
            throw Wrong(field, element, "b64 is no base 64");
        var room = into.RoomForText(Base64.GetMaxDecodedFromUtf8Length(reader.ValueSpan.Length));
        if (Base64.DecodeFromUtf8(reader.ValueSpan, room, out _, out var written) != System.Buffers.OperationStatus.Done)
            throw Wrong(field, element, "b64 is no base 64");
        if (!Utf8.IsValid(room[..written]))
            throw Wrong(field, element, "the model takes text, and these bytes are no UTF-8");
        into.CommitText(written);
        reader.Read();
        if (reader.TokenType != JsonTokenType.EndObject)
            throw Wrong(field, element, "b64 stands alone in its object");
    }

    private static BadInputException Wrong(in FieldPath field, int element, string why) => new(field.ToString(), $"{field}, element {element}: {why}.");
}
