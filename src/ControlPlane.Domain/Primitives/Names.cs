using System.Text.RegularExpressions;

namespace ControlPlane.Domain.Primitives;

/// <summary>The one rule for names of models, endpoints, environments, pools and nodes: they appear in paths, files and metrics.</summary>
public static partial class Names
{
    public const int MaxLength = 64;

    public const string Rule = "1 to 64 lower-case letters, digits, '.', '_' and '-', beginning and ending with a letter or digit";

    /// <returns>Why it is no name; null when it is one.</returns>
    public static Refusal? Check(string field, string? name) =>
        name is not null && Pattern().IsMatch(name) && !name.Contains("..", StringComparison.Ordinal)
            ? null
            : new Refusal("InvalidName", $"{field} must be {Rule}.", RefusalKind.Invalid, field);

    [GeneratedRegex("\\A[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?\\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 100)]
    private static partial Regex Pattern();
}
