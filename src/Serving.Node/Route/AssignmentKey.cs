using System.Text.Json;

namespace Serving.Node.Route;

/// <summary>Finds the assignment key before the arm, and with it the model, is known.</summary>
internal static class AssignmentKey
{
    /// <summary>The id of <paramref name="entity"/> in a native body: of the request, else of its first row.</summary>
    /// <returns>Null when it is not there or the body is malformed: reading the inputs will say so.</returns>
    public static string? InNative(ReadOnlySpan<byte> utf8, string entity)
    {
        if (utf8.IndexOf("\"entities\""u8) < 0)
            return null;
        try
        {
            var reader = new Utf8JsonReader(utf8);
            return Find(ref reader, "entities"u8, entity, "rows"u8);
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary><c>parameters.assignment_key</c>, else <c>parameters."entity.TYPE"</c> of an Open Inference body.</summary>
    public static string? InOpenInference(ReadOnlySpan<byte> utf8, string? entity)
    {
        // Nearly no request has any; looking for the word costs a hundredth of reading the body.
        if (utf8.IndexOf("\"parameters\""u8) < 0)
            return null;
        try
        {
            var reader = new Utf8JsonReader(utf8);
            if (Find(ref reader, "parameters"u8, "assignment_key", default) is { } given)
                return given;
            reader = new Utf8JsonReader(utf8);
            return entity is null ? null : Find(ref reader, "parameters"u8, $"entity.{entity}", default);
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static string? Find(ref Utf8JsonReader reader, ReadOnlySpan<byte> holder, string name, ReadOnlySpan<byte> list)
    {
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            return null;

        string? inList = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals(holder))
            {
                if (TextMember(ref reader, name) is { } found)
                    return found;
            }
            else if (!list.IsEmpty && reader.ValueTextEquals(list) && reader.Read() && reader.TokenType == JsonTokenType.StartArray)
            {
                var items = reader;
                reader.Skip();
                inList = Find(ref items, holder, name, default);
            }
            else
            {
                reader.Skip();
            }
        }

        return inList;
    }

    private static string? TextMember(ref Utf8JsonReader reader, string name)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return null;
        }

        string? found = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isIt = reader.ValueTextEquals(name);
            reader.Read();
            if (isIt && reader.TokenType == JsonTokenType.String)
                found = reader.GetString();
            reader.Skip();
        }

        return found;
    }
}
