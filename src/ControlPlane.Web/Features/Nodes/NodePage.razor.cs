using ControlPlane.Web.Live;
using ControlPlane.Web.Shared;
using Microsoft.AspNetCore.Components;

namespace ControlPlane.Web.Features.Nodes;

/// <summary>One node: what it holds, what it refused, and what can be done with it.</summary>
public sealed partial class NodePage(NodesPageQueries queries, Reads reads, TimeProvider time)
{
    private static readonly string[] _topics = [LiveTopics.Nodes];

    /// <summary>So long a second process is warned of after it was last seen.</summary>
    private static readonly TimeSpan _warned = TimeSpan.FromHours(24);

    private Read<NodeRow?>? _node;
    private string? _shown;
    private IReadOnlyList<Crumb> _crumbs = [];
    private Ask _asked;

    private enum Ask
    {
        Nothing,
        Clear,
        Drain,
        Rotate,
        Revoke,
    }

    [Inject] private NodeActions Actions { get; set; } = null!;

    [Parameter] public string Name { get; set; } = "";

    private NodeRow? Node => _node?.Value;

    private DateTimeOffset Now => time.GetUtcNow();

    private bool IsUsedTwice => Node is { State: not NodeCondition.Revoked, SecondSessionAt: { } seen } && Now - seen < _warned;

    protected override async Task OnParametersSetAsync()
    {
        if (_shown == Name)
            return;

        _shown = Name;
        _crumbs = [new("Nodes", "nodes"), new(Name)];
        _node = reads.Of($"node:{Name}", cancel => queries.FindAsync(Name, cancel));
        if (!_node.HasValue)
            await _node.RunAsync();
    }

    private static string Sentence(NodeRow node) => node.State switch
    {
        NodeCondition.Refused => $"It refused revision {node.RejectedRevision} and serves what it had.",
        NodeCondition.NotWritten => $"It serves revision {node.Applied} and could not write it down.",
        NodeCondition.Silent => "Nothing has been heard from it for a while. It goes on with what it has, if it runs.",
        NodeCondition.Quarantine => "It serves, but does not load a version that took its process down.",
        NodeCondition.Draining => "It takes no new requests and finishes what it has begun.",
        NodeCondition.Loading => "It is loading what revision " + node.Desired + " asks for.",
        NodeCondition.Waiting => "It is well and has nothing to serve.",
        NodeCondition.Revoked => "Its credential was revoked; nothing reaches it any more.",
        _ when node.Kind == "gateway" => "It passes requests to the live nodes of its environment.",
        _ => $"It serves revision {node.Applied} with {Figures.Plural(node.Versions.Count, "version")} in memory.",
    };

    private void Close(bool isOpen) => _asked = isOpen ? _asked : Ask.Nothing;

    private Task<string?> ClearAsync(string reason) => DoAsync(Actions.ClearQuarantineAsync(Name, CancellationToken.None));

    private Task<string?> DrainAsync(string reason) => DoAsync(Actions.DrainAsync(Name, CancellationToken.None));

    private Task<string?> RotateAsync(string reason) => DoAsync(Actions.RotateAsync(Name, CancellationToken.None));

    private Task<string?> RevokeAsync(string reason) => DoAsync(Actions.RevokeAsync(Name, CancellationToken.None));

    private async Task<string?> DoAsync(Task<string?> action)
    {
        var refused = await action;
        await RefreshAsync();
        return refused;
    }

    private Task RefreshAsync() => _node?.RunAsync() ?? Task.CompletedTask;
}
