using System.Text.Json;

namespace Serving.Node.Tensors;

/// <summary>The shape of a nested JSON array, by its first elements: the filling checks that the others agree.</summary>
internal static class RowShape
{
    /// <param name="reader">Stands on the value; taken by value, so the caller's stays where it is.</param>
    /// <param name="most">Levels of interest: deeper nesting is measured to one level more, enough to see that it does not fit.</param>
    public static long[] Measure(Utf8JsonReader reader, int most)
    {
        var sizes = new List<long>(4);
        while (reader.TokenType == JsonTokenType.StartArray && sizes.Count <= most)
        {
            sizes.Add(CountItems(reader));
            reader.Read();
        }

        return [.. sizes];
    }

    /// <summary>Arrays that the value begins with.</summary>
    public static int Depth(Utf8JsonReader reader)
    {
        var depth = 0;
        for (; reader.TokenType == JsonTokenType.StartArray; depth++)
            reader.Read();
        return depth;
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
