namespace Serving.Gateway.Hosting;

/// <summary><c>Gateway__Key_FILE</c> names a file that holds the value of <c>Gateway__Key</c>.</summary>
internal static class SecretFiles
{
    private const string Suffix = "_FILE";

    public static void Add(ConfigurationManager configuration)
    {
        var values = configuration.GetSection(GatewayOptions.Section).GetChildren()
            .Where(child => child.Key.EndsWith(Suffix, StringComparison.OrdinalIgnoreCase) && !string.IsNullOrEmpty(child.Value))
            .ToDictionary(child => child.Path[..^Suffix.Length], child => (string?)File.ReadAllText(child.Value!).Trim(), StringComparer.OrdinalIgnoreCase);
        configuration.AddInMemoryCollection(values);
    }
}
