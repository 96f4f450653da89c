namespace ControlPlane.Web.Hosting;

/// <summary>Where the other programs of the installation lie, unless an option says otherwise.</summary>
internal static class Programs
{
    private const string Solution = "ControlPlane.sln";

    /// <summary>
    /// A built tree keeps each program in <c>src/X/bin/{configuration}/net10.0/X</c>; a published installation keeps them in folders side by side.
    /// </summary>
    /// <param name="name">Name of project and program, such as <c>Serving.Node</c>.</param>
    public static string Find(string name)
    {
        var here = AppContext.BaseDirectory;
        var configuration = here.Contains($"{Path.DirectorySeparatorChar}Release{Path.DirectorySeparatorChar}", StringComparison.Ordinal) ? "Release" : "Debug";
        for (var folder = new DirectoryInfo(here); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, Solution)))
                return Path.Combine(folder.FullName, "src", name, "bin", configuration, "net10.0", name);
        }

        return Path.GetFullPath(Path.Combine(here, "..", name, name));
    }
}
