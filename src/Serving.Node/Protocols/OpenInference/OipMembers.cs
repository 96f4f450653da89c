using System.Text.Json;
using Serving.Node.Tensors;

namespace Serving.Node.Protocols.OpenInference;

/// <summary>Values of members of a request, each of the one kind that its field allows. The reader stands on the member's name.</summary>
internal static class OipMembers
{
    public static void BeginObject(ref Utf8JsonReader reader, string field)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new BadInputException(field, $"{field} must be an object.");
    }

    public static bool FlagOf(ref Utf8JsonReader reader, string field)
    {
        reader.Read();
        return reader.TokenType is JsonTokenType.True or JsonTokenType.False
            ? reader.TokenType == JsonTokenType.True
            : throw new BadInputException(field, $"{field} must be true or false.");
    }

    public static long NumberOf(ref Utf8JsonReader reader, string field, long least, long most)
    {
        reader.Read();
        return reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var number) && number >= least && number <= most
            ? number
            : throw new BadInputException(field, $"{field} must be an integer, {least} or more.");
    }

    public static string TextOf(ref Utf8JsonReader reader, string field)
    {
        reader.Read();
        return reader.TokenType == JsonTokenType.String ? reader.GetString()! : throw new BadInputException(field, $"{field} must be a string.");
    }
}
