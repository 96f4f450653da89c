namespace Serving.Node.Hosting;

/// <summary><c>Section__Key_FILE</c> names a file that holds the value of <c>Section__Key</c>.</summary>
internal static class SecretFiles
{
    private const string Suffix = "_FILE";

    public static void Add(ConfigurationManager configuration)
    {
        var values = configuration.AsEnumerable()
            .Where(pair => pair.Key.StartsWith(NodeOptions.Section + ":", StringComparison.OrdinalIgnoreCase) && pair.Key.EndsWith(Suffix, StringComparison.Ordinal) && !string.IsNullOrEmpty(pair.Value))
            .ToDictionary(pair => pair.Key[..^Suffix.Length], pair => (string?)File.ReadAllText(pair.Value!).Trim(), StringComparer.OrdinalIgnoreCase);
        configuration.AddInMemoryCollection(values);
    }
}
