namespace ControlPlane.Web.Hosting;

/// <summary><c>Section__Key_FILE</c> names a file that holds the value of <c>Section__Key</c>.</summary>
internal static class SecretFiles
{
    private const string Suffix = "_FILE";

    /// <summary>Container engines put secrets there for the one process that is in the container, readable for all.</summary>
    private const string ContainerSecrets = "/run/secrets/";

    private static readonly string[] _sections = ["Database:", "Redis:", "Artifacts:", "Bootstrap:", "Local:"];

    /// <returns>Files that everybody on this machine can read.</returns>
    /// <exception cref="InvalidOperationException">What a key names is no file that can be read; the message says which and why.</exception>
    public static IReadOnlyList<string> Add(ConfigurationManager configuration)
    {
        var files = configuration.AsEnumerable()
            .Where(pair => pair.Key.EndsWith(Suffix, StringComparison.Ordinal) && !string.IsNullOrEmpty(pair.Value))
            .Where(pair => _sections.Any(section => pair.Key.StartsWith(section, StringComparison.OrdinalIgnoreCase)))
            .ToDictionary(pair => pair.Key, pair => pair.Value!, StringComparer.OrdinalIgnoreCase);
        configuration.AddInMemoryCollection(files.ToDictionary(pair => pair.Key[..^Suffix.Length], pair => (string?)Read(pair.Key, pair.Value), StringComparer.OrdinalIgnoreCase));
        return [.. files.Values.Where(IsOpenToAll).Distinct(StringComparer.Ordinal)];
    }

    private static string Read(string key, string path)
    {
        if (Directory.Exists(path))
            throw new InvalidOperationException($"{key} names '{path}', which is a directory. It must name a file that holds the value.");
        try
        {
            return File.ReadAllText(path).Trim();
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new InvalidOperationException($"{key} names '{path}', which cannot be read: {refused.Message} The start was refused; nothing was changed.", refused);
        }
    }

    private static bool IsOpenToAll(string path) =>
        !OperatingSystem.IsWindows() && !path.StartsWith(ContainerSecrets, StringComparison.Ordinal) && File.GetUnixFileMode(path).HasFlag(UnixFileMode.OtherRead);
}

/// <summary>Says at the start which secrets are no secrets.</summary>
internal sealed partial class OpenSecrets(IReadOnlyList<string> files, ILogger<OpenSecrets> logger) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var file in files)
            LogOpen(file);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(LogLevel.Warning, "Everybody on this machine can read the secret in {File}. Take that away: chmod o-r")]
    private partial void LogOpen(string file);
}
