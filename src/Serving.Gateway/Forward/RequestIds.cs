namespace Serving.Gateway.Forward;

/// <summary>The id every request has: the caller's own when it is fit for headers and logs, else a new one. Nodes have the same rule.</summary>
internal static class RequestIds
{
    public const string Header = "X-Request-Id";

    private const int Longest = 64;

    /// <summary>Made here and not by the node, so that both attempts are one request in the log.</summary>
    public static string Of(HttpRequest request, TimeProvider time)
    {
        if (request.Headers.TryGetValue(Header, out var given) && given is [{ } known] && IsFit(known))
            return known;

        var made = Guid.CreateVersion7(time.GetUtcNow()).ToString();
        request.Headers[Header] = made;
        return made;
    }

    private static bool IsFit(string given)
    {
        if (given.Length is 0 or > Longest)
            return false;
        foreach (var character in given)
        {
            if (!char.IsAsciiLetterOrDigit(character) && character is not '-')
                return false;
        }

        return true;
    }
}
