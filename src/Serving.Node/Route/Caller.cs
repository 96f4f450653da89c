using Serving.Node.Tensors;

namespace Serving.Node.Route;

/// <summary>What headers say of the caller.</summary>
internal static class Caller
{
    public const string AssignmentKey = "X-Assignment-Key";

    /// <summary><c>user=u42,merchant=m7</c>.</summary>
    public const string Entities = "X-Entities";

    private const int MostEntities = 32;

    /// <exception cref="BadInputException">Not a list of TYPE=ID.</exception>
    public static Dictionary<string, string> ReadEntities(string header)
    {
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var part in header.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0 || equals == part.Length - 1 || found.Count == MostEntities)
                throw new BadInputException(Entities, $"{Entities} must be a list of at most {MostEntities} TYPE=ID, such as user=u42,merchant=m7.");
            found[part[..equals].TrimEnd()] = part[(equals + 1)..].TrimStart();
        }

        return found;
    }
}
