namespace ControlPlane.Web.Features.Registry;

/// <summary>Which file names an artifact may hold, and what is shown of the name a file had before.</summary>
internal static class FileNames
{
    public const string Golden = "golden.jsonl";
    public const string Card = "card.md";
    public const string Meta = "meta.yaml";
    public const string DefaultModel = "model.onnx";

    private const int Longest = 128;

    public static bool IsModel(string name) => name.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase);

    public static bool IsReference(string name) => name is "reference.csv" or "reference.parquet";

    /// <summary>No folder, no drive, no control character, nothing hidden: checked for both kinds of slash, whatever this system thinks of them.</summary>
    public static bool IsSafe(string name) =>
        name.Length is > 0 and <= Longest && name[0] is not ('.' or ' ') && name[^1] is not ('.' or ' ')
        && name.All(character => character is not ('/' or '\\' or ':' or '*' or '?' or '"' or '<' or '>' or '|') && !char.IsControl(character) && !char.IsSurrogate(character));

    /// <summary>For showing only: the last part of whatever path it was.</summary>
    public static string ToShow(string? given)
    {
        var name = (given ?? "").Split('/', '\\')[^1];
        var clean = new string([.. name.Where(character => !char.IsControl(character)).Take(Longest)]).Trim();
        return clean.Length == 0 ? DefaultModel : clean;
    }
}
