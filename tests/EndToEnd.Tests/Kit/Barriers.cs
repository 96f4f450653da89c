using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace EndToEnd.Tests.Kit;

/// <summary>What keeps people from using a page, as axe finds it by the rules of WCAG 2.2 A and AA.</summary>
internal static class Barriers
{
    private static readonly AxeRunOptions _options = new()
    {
        RunOnly = new RunOnlyOptions { Type = "tag", Values = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] },
    };

    /// <returns>One line for each finding that is serious or critical: rule, where, why.</returns>
    public static async Task<IReadOnlyList<string>> OfAsync(IPage page)
    {
        var found = await page.RunAxe(_options);
        return [.. found.Violations.Where(violation => violation.Impact is "serious" or "critical")
            .SelectMany(violation => violation.Nodes.Take(5).Select(node => $"{page.Url} {violation.Id}: {node.Target} {node.Any.Concat(node.All).Concat(node.None).FirstOrDefault()?.Message ?? violation.Help}"))];
    }
}
