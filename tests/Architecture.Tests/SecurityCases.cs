using System.Text.RegularExpressions;

namespace Architecture.Tests;

/// <summary>What docs/security.md and the README say of hostile cases is what the tests hold.</summary>
public sealed partial class SecurityCases
{
    private const int Cases = 104;

    private static readonly IReadOnlyList<string> _tested = [.. Directory.EnumerateFiles(Path.Combine(Repository.Root, "tests"), "*.cs", SearchOption.AllDirectories)
        .Where(file => !Path.GetRelativePath(Repository.Root, file).Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj"))
        .SelectMany(file => TestName().Matches(File.ReadAllText(file)))
        .SelectMany(match => Id().Matches(match.Groups[1].Value))
        .Select(match => match.Value)
        .Distinct(StringComparer.Ordinal)];

    [Fact]
    public void Every_case_has_a_row_with_its_test_or_the_reason_why_there_is_none()
    {
        var rows = Rows().SelectMany(row => row.Ids).ToHashSet(StringComparer.Ordinal);

        Assert.Equal([], Enumerable.Range(1, Cases).Select(number => $"H{number:00}").Concat(Enumerable.Range(1, 7).Select(number => $"S{number}")).Where(id => !rows.Contains(id)));
    }

    [Fact]
    public void No_row_names_a_test_that_is_not_there() =>
        Assert.Equal([], Rows().SelectMany(row => Named().Matches(row.Test).Select(match => match.Groups[1].Value)).Where(id => !_tested.Contains(id)));

    [Fact]
    public void No_case_with_a_test_is_said_to_have_none() =>
        Assert.Equal([], Rows().Where(row => row.Test.StartsWith("not yet", StringComparison.Ordinal)).SelectMany(row => row.Ids).Where(_tested.Contains));

    [Fact]
    public void The_readme_counts_the_cases_that_tests_hold()
    {
        var count = _tested.Count(id => id[0] == 'H' && int.Parse(id[1..]) <= Cases);

        Assert.Contains($"{count} of {Cases} hostile cases", File.ReadAllText(Path.Combine(Repository.Root, "README.md")), StringComparison.Ordinal);
    }

    private static IEnumerable<(IReadOnlyList<string> Ids, string Test)> Rows() => File.ReadLines(Path.Combine(Repository.Root, "docs", "security.md"))
        .Select(line => line.Split('|', StringSplitOptions.TrimEntries))
        .Where(cells => cells.Length >= 5 && Id().IsMatch(cells[1]))
        .Select(cells => ((IReadOnlyList<string>)[.. Range().Matches(cells[1]).SelectMany(Ids)], cells[3]));

    private static IEnumerable<string> Ids(Match range)
    {
        var (kind, from) = (range.Groups[1].Value, range.Groups[2].Value);
        var to = range.Groups[3].Success ? int.Parse(range.Groups[3].Value) : int.Parse(from);
        return Enumerable.Range(int.Parse(from), to - int.Parse(from) + 1).Select(number => kind + number.ToString(kind == "S" ? "0" : "00"));
    }

    [GeneratedRegex(@"public (?:async )?(?:Task|void|ValueTask) ((?:[A-Z]\d+_)+)")]
    private static partial Regex TestName();

    [GeneratedRegex(@"[HS]\d+")]
    private static partial Regex Id();

    [GeneratedRegex(@"([HS])(\d+)(?:–[HS](\d+))?")]
    private static partial Regex Range();

    [GeneratedRegex(@"`([HS]\d+)_…`")]
    private static partial Regex Named();
}
