using System.Text.Json;

namespace Serving.Node.Tensors;

/// <summary>The shape of a nested JSON array, by its first elements: the filling checks that the others agree.</summary>
internal static class RowShape
{
    /// <param name="reader">Stands on the value; taken by value, so the caller's stays where it is.</param>
    public static long[] Measure(Utf8JsonReader reader)
    {
        var sizes = new List<long>(4);
        while (reader.TokenType == JsonTokenType.StartArray)
        {
            sizes.Add(CountItems(reader));
            reader.Read();
        }

        return [.. sizes];
    }

    private static long CountItems(Utf8JsonReader reader)
    {
        long count = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            reader.Skip();
            count++;
        }

        return count;
    }
}
