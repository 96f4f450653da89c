namespace Architecture.Tests;

/// <summary>Where the sources of the assemblies under test lie.</summary>
internal static class Repository
{
    public static string Root { get; } = Find(AppContext.BaseDirectory);

    private static string Find(string folder) =>
        File.Exists(Path.Combine(folder, "ControlPlane.sln")) ? folder : Find(Path.GetDirectoryName(folder)!);
}
