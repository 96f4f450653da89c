using System.Xml.Linq;

namespace Architecture.Tests;

/// <summary>Who may reference whom: the first table of docs/architecture.md.</summary>
public sealed class ProjectReferences
{
    private static readonly string _root = Repository.Root;

    public static TheoryData<string, string[]> Projects => new()
    {
        { "src/Serving.Contracts", [] },
        { "src/Serving.Features", ["Serving.Contracts"] },
        { "src/ControlPlane.Domain", ["Serving.Contracts"] },
        { "src/ControlPlane.Data", ["ControlPlane.Domain"] },
        { "migrations/ControlPlane.Migrations.Sqlite", ["ControlPlane.Data"] },
        { "migrations/ControlPlane.Migrations.SqlServer", ["ControlPlane.Data"] },
        { "migrations/ControlPlane.Migrations.PostgreSql", ["ControlPlane.Data"] },
        {
            "src/ControlPlane.Web",
            ["ControlPlane.Data", "ControlPlane.Migrations.PostgreSql", "ControlPlane.Migrations.SqlServer", "ControlPlane.Migrations.Sqlite", "Serving.Features"]
        },
        { "src/ControlPlane.Cli", ["Serving.Contracts", "Serving.Features"] },
        { "src/ControlPlane.Demo", ["Serving.Contracts"] },
        { "src/Serving.Node", ["Serving.Contracts", "Serving.Features"] },
        { "src/Serving.Gateway", ["Serving.Contracts"] },
        { "src/Serving.Store", [] },
    };

    public static TheoryData<string, string[]> Packages => new()
    {
        { "src/Serving.Contracts", [] },
        { "src/ControlPlane.Domain", ["MathNet.Numerics"] },
        { "src/Serving.Store", ["Microsoft.Garnet"] },
    };

    [Theory, MemberData(nameof(Projects))]
    public void Project_references_only_what_it_may(string project, string[] allowed) =>
        Assert.Equal(allowed, ReferencesOf(project, "ProjectReference").Select(path => Path.GetFileNameWithoutExtension(path)).Order());

    [Theory, MemberData(nameof(Packages))]
    public void Project_uses_only_these_packages(string project, string[] allowed) =>
        Assert.Equal(allowed, ReferencesOf(project, "PackageReference"));

    [Fact]
    public void Every_project_has_a_row_in_the_table()
    {
        var known = Projects.Select(row => row.Data.Item1).Order();
        var found = new[] { "src", "migrations" }
            .SelectMany(folder => Directory.GetDirectories(Path.Combine(_root, folder)).Select(path => $"{folder}/{Path.GetFileName(path)}"))
            .Order();

        Assert.Equal(known, found);
    }

    private static IEnumerable<string> ReferencesOf(string project, string kind) =>
        XDocument.Load(Path.Combine(_root, project, Path.GetFileName(project) + ".csproj"))
            .Descendants(kind)
            .Select(reference => reference.Attribute("Include")!.Value);
}
