namespace ControlPlane.Web.Features.Access;

/// <summary>Where to go after signing in: a page of ours, whatever the address line asked for.</summary>
internal static class LocalPath
{
    public static string Of(string? asked)
    {
        if (string.IsNullOrEmpty(asked) || asked[0] != '/' || asked.Length > 2048)
            return "/";

        // Browsers take a backslash for a slash, and decode before they look.
        var plain = Uri.UnescapeDataString(asked);
        return plain.StartsWith("//", StringComparison.Ordinal) || plain.StartsWith("/\\", StringComparison.Ordinal) || plain.AsSpan().IndexOfAnyInRange('\0', '\x1f') >= 0
            ? "/"
            : asked;
    }
}
