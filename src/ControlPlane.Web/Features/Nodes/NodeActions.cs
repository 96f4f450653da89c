using ControlPlane.Web.Shared;

namespace ControlPlane.Web.Features.Nodes;

/// <summary>What the pages of nodes do, in the name of the person who looks. Each gives null, or why it was refused.</summary>
internal sealed class NodeActions(NodeCommands commands, JoinCommands joins, Act act)
{
    public Task<(NewJoinToken? Made, string? Refused)> MakeJoinTokenAsync(string environment, string pool, int uses, TimeSpan life, CancellationToken cancel) =>
        act.DoAsync(actor => joins.MakeTokenAsync(environment, pool, uses, life, actor, cancel));

    /// <returns>Null where the right is missing.</returns>
    public async Task<IReadOnlyList<JoinTokenRow>?> ListJoinTokensAsync(CancellationToken cancel) =>
        (await act.DoAsync(actor => joins.ListTokensAsync(actor, cancel))).Value;

    public async Task<string?> RevokeJoinTokenAsync(Guid id, CancellationToken cancel) =>
        (await act.DoAsync(actor => joins.RevokeTokenAsync(id, actor, cancel))).Refused;

    public async Task<string?> RotateAsync(string node, CancellationToken cancel) =>
        (await act.DoAsync(actor => commands.RotateAsync(node, actor, cancel))).Refused;

    public async Task<string?> DrainAsync(string node, CancellationToken cancel) =>
        (await act.DoAsync(actor => commands.DrainAsync(node, actor, cancel))).Refused;

    public async Task<string?> ClearQuarantineAsync(string node, CancellationToken cancel) =>
        (await act.DoAsync(actor => commands.ClearQuarantineAsync(node, actor, cancel))).Refused;

    public async Task<string?> RevokeAsync(string node, CancellationToken cancel) =>
        (await act.DoAsync(actor => commands.RevokeAsync(node, actor, cancel))).Refused;
}
