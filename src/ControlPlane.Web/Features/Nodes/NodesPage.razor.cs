using System.Globalization;
using ControlPlane.Web.Live;
using ControlPlane.Web.Shared;
using Microsoft.AspNetCore.Components;

namespace ControlPlane.Web.Features.Nodes;

/// <summary>Are the nodes well and up to date?</summary>
public sealed partial class NodesPage(NodesPageQueries queries, Reads reads, TimeProvider time, NavigationManager navigation)
{
    private static readonly string[] _topics = [LiveTopics.Nodes, LiveTopics.Endpoints];

    private Read<IReadOnlyList<NodeRow>>? _nodes;

    [SupplyParameterFromQuery(Name = "env")] private string? Env { get; set; }
    [SupplyParameterFromQuery] private string? State { get; set; }
    [SupplyParameterFromQuery(Name = "page")] private int? PageAsked { get; set; }

    private DateTimeOffset Now => time.GetUtcNow();

    private int PageNumber => Pager.Of(PageAsked);

    private IReadOnlyList<NodeRow> Matching =>
        [.. (_nodes?.Value ?? []).Where(node => (Env is null || node.Environment == Env) && (State != "attention" || node.NeedsAttention))];

    private IEnumerable<NodeRow> PageRows => Matching.Skip((PageNumber - 1) * Pager.DefaultSize).Take(Pager.DefaultSize);

    protected override async Task OnInitializedAsync()
    {
        _nodes = reads.Of("nodes", queries.ListAsync);
        if (!_nodes.HasValue)
            await _nodes.RunAsync();
    }

    private static string Sentence(IReadOnlyList<NodeRow> nodes)
    {
        var unwell = nodes.Where(node => node.NeedsAttention).ToList();
        if (nodes.Count == 0)
            return "No node has joined yet, so nothing can answer predictions.";
        if (unwell.Count == 0)
            return $"{(nodes.Count == 1 ? "The only node is" : $"All {nodes.Count} nodes are")} well.";

        var words = unwell.Take(3).Select(node => node.State switch
        {
            NodeCondition.Refused => $"{node.Name} refused revision {node.RejectedRevision} and serves what it had",
            NodeCondition.NotWritten => $"{node.Name} serves what it should and could not write it down",
            NodeCondition.Silent => $"{node.Name} is silent",
            _ => $"{node.Name} keeps a version in quarantine",
        });
        return $"{nodes.Count - unwell.Count} of {Figures.Plural(nodes.Count, "node")} are well. {string.Join(", ", words)}{(unwell.Count > 3 ? $" and {unwell.Count - 3} more" : "")}.";
    }

    private static Mark Applied(NodeRow row)
    {
        var text = row.Applied.ToString(CultureInfo.InvariantCulture);
        return row.RejectedReason is not null ? new("warn", text, "bad") : row.Applied == row.Desired ? new("check", text, "ok") : new("clock", text, "stale");
    }

    private static string Clock(double ms) => Math.Abs(ms) < 0.5 ? "0" : ms > 0 ? $"+{ms:0}" : $"\u2212{-ms:0}";

    private string Chosen(string? state) => State == state ? "btn s primary" : "btn s";

    private string Link(string? state) => navigation.GetUriWithQueryParameters(new Dictionary<string, object?> { ["state"] = state, ["page"] = null });

    private Task RefreshAsync() => _nodes?.RunAsync() ?? Task.CompletedTask;
}
