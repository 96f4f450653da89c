namespace Testing;

/// <summary>Where the built programs and the shared inputs lie.</summary>
public static class Repository
{
    public static string Root { get; } = Find(AppContext.BaseDirectory);

    /// <summary>The folder with models and data of other makers, beside the repository or where <c>TEST_SHARED</c> says.</summary>
    public static string Shared { get; } = Environment.GetEnvironmentVariable("TEST_SHARED") is { Length: > 0 } given
        ? given
        : Path.GetFullPath(Path.Combine(Root, "..", "shared"));

    /// <summary>The program of a project, from the same build as the tests.</summary>
    public static string Program(string project, string? name = null)
    {
        var configuration = AppContext.BaseDirectory.Contains($"{Path.DirectorySeparatorChar}Release{Path.DirectorySeparatorChar}", StringComparison.Ordinal) ? "Release" : "Debug";
        return Path.Combine(Root, "src", project, "bin", configuration, "net10.0", name ?? project);
    }

    private static string Find(string folder) =>
        File.Exists(Path.Combine(folder, "ControlPlane.sln")) ? folder : Find(Path.GetDirectoryName(folder)!);
}
