namespace ControlPlane.Web.Hosting;

/// <summary><c>Section__Key_FILE</c> names a file that holds the value of <c>Section__Key</c>.</summary>
internal static class SecretFiles
{
    private const string Suffix = "_FILE";

    private static readonly string[] _sections = ["Database:", "Redis:", "Artifacts:", "Bootstrap:", "Local:"];

    public static void Add(ConfigurationManager configuration)
    {
        var values = configuration.AsEnumerable()
            .Where(pair => pair.Key.EndsWith(Suffix, StringComparison.Ordinal) && !string.IsNullOrEmpty(pair.Value))
            .Where(pair => _sections.Any(section => pair.Key.StartsWith(section, StringComparison.OrdinalIgnoreCase)))
            .ToDictionary(pair => pair.Key[..^Suffix.Length], pair => (string?)File.ReadAllText(pair.Value!).Trim(), StringComparer.OrdinalIgnoreCase);
        configuration.AddInMemoryCollection(values);
    }
}
