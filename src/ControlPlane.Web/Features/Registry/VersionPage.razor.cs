using ControlPlane.Web.Live;
using ControlPlane.Web.Shared;
using Microsoft.AspNetCore.Components;

namespace ControlPlane.Web.Features.Registry;

/// <summary>What exactly is this, can I trust it, where does it run? The page stays when a check failed and says how to mend it.</summary>
public sealed partial class VersionPage(VersionPageQueries queries, Reads reads)
{
    private static readonly string[] _topics = [LiveTopics.Models, LiveTopics.Endpoints];

    private Read<VersionView?>? _version;
    private string? _asked;
    private IReadOnlyList<Crumb> _crumbs = [];
    private bool _isDeploying;

    [Parameter] public string Name { get; set; } = "";
    [Parameter] public int Number { get; set; }

    private VersionView? Version => _version?.Value;

    private bool IsRejected => Version?.State == "Rejected";

    private bool IsSettled => Version?.State is "Ready" or "Rejected";

    protected override async Task OnParametersSetAsync()
    {
        var asked = $"version:{Name}:{Number}";
        if (asked == _asked)
            return;

        _asked = asked;
        _crumbs = [new("Models", "models"), new(Name, $"models/{Name}"), new($"Version {Number}")];
        _version = reads.Of(asked, cancel => queries.FindAsync(Name, Number, cancel));
        if (!_version.HasValue)
            await _version.RunAsync();
    }

    private static string Sentence(VersionView version) => version.State switch
    {
        "Rejected" => $"was rejected: {Lower(version.RejectedReason)} It cannot be released. Nothing that serves has changed.",
        "Ready" when version.Serving.Count == 0 => $"is ready and serves nowhere. {CheckSummary(version)}.",
        "Ready" => $"serves {string.Join(" and ", version.Serving.Select(place => $"{place.Share * 100:0.#} % of {place.Environment}/{place.Endpoint}"))}. {CheckSummary(version)}.",
        "Validating" => "is being checked in a process of its own. This page follows by itself.",
        _ => "is on its way.",
    };

    private static string CheckSummary(VersionView version)
    {
        var parts = new List<string>();
        foreach (var (outcome, one, many) in new[] { ("passed", "check passed", "checks passed"), ("failed", "failed", "failed"), ("warning", "note", "notes") })
        {
            if (version.Checks.Count(check => check.Outcome == outcome) is > 0 and var count)
                parts.Add($"{count} {(count == 1 ? one : many)}");
        }

        return parts.Count == 0 ? "No check has run yet" : string.Join(", ", parts);
    }

    private static string Lower(string? reason)
    {
        var text = string.IsNullOrWhiteSpace(reason) ? "a check failed." : reason.Trim();
        return text.EndsWith('.') ? text : text + ".";
    }

    private Task RefreshAsync() => _version?.RunAsync() ?? Task.CompletedTask;
}
