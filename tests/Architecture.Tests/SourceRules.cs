using System.Text.RegularExpressions;

namespace Architecture.Tests;

/// <summary>What must not stand in the sources, also where the compiler does not look.</summary>
public sealed partial class SourceRules
{
    /// <summary>A component that cleans what others wrote, and one that draws our own shapes.</summary>
    private static readonly string[] _makesMarkup = ["Shared/Prose.cs", "Shared/Icon.cs"];

    [Fact]
    public void H34_Text_becomes_markup_in_one_place() =>
        Assert.Equal(_makesMarkup.Order(StringComparer.Ordinal), Sources("src/ControlPlane.Web").Where(file => Markup().IsMatch(File.ReadAllText(file)))
            .Select(file => Path.GetRelativePath(Path.Combine(Repository.Root, "src", "ControlPlane.Web"), file)).Order(StringComparer.Ordinal));

    [Fact]
    public void H100_No_statement_for_the_database_is_put_together_from_text() =>
        Assert.DoesNotContain(Sources("src"), file => RawSql().IsMatch(File.ReadAllText(file)));

    [Theory]
    [InlineData("FromSqlRaw"), InlineData("SqlQueryRaw"), InlineData("ExecuteSqlRaw("), InlineData("ExecuteSqlRawAsync("), InlineData("MarkupString")]
    public void H100_The_compiler_refuses_it_as_well(string member) =>
        Assert.Contains(File.ReadAllLines(Path.Combine(Repository.Root, "BannedSymbols.txt")), line => line.Contains(member, StringComparison.Ordinal));

    private static IEnumerable<string> Sources(string folder) => new[] { "*.cs", "*.razor" }
        .SelectMany(pattern => Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), pattern, SearchOption.AllDirectories))
        .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal));

    [GeneratedRegex("MarkupString|AddMarkupContent")]
    private static partial Regex Markup();

    [GeneratedRegex("FromSqlRaw|SqlQueryRaw|ExecuteSqlRaw")]
    private static partial Regex RawSql();
}
