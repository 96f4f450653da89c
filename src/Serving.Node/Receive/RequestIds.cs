using System.Diagnostics.CodeAnalysis;

namespace Serving.Node.Receive;

/// <summary>The id every request has: the caller's own when it is fit for headers and logs, else a new UUIDv7.</summary>
internal static class RequestIds
{
    public const string Header = "X-Request-Id";

    private const int Longest = 64;

    public static string Of(HttpRequest request, TimeProvider time)
    {
        var given = request.Headers[Header].ToString();
        return IsFit(given) ? given : Guid.CreateVersion7(time.GetUtcNow()).ToString();
    }

    private static bool IsFit([NotNullWhen(true)] string? given)
    {
        if (string.IsNullOrEmpty(given) || given.Length > Longest)
            return false;
        foreach (var character in given)
        {
            if (!char.IsAsciiLetterOrDigit(character) && character is not '-')
                return false;
        }

        return true;
    }
}
