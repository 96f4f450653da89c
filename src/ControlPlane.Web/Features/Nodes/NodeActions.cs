using ControlPlane.Web.Shared;

namespace ControlPlane.Web.Features.Nodes;

/// <summary>What the pages of nodes do, in the name of the person who looks. Each gives null, or why it was refused.</summary>
internal sealed class NodeActions(NodeCommands commands, Act act)
{
    public async Task<(string? Token, string? Refused)> MakeJoinTokenAsync(string environment, string pool, int uses, TimeSpan life, CancellationToken cancel)
    {
        var (made, refused) = await act.DoAsync(actor => commands.MakeJoinTokenAsync(environment, pool, uses, life, actor, cancel));
        return (made.Token, refused);
    }

    public async Task<string?> DrainAsync(string node, CancellationToken cancel) =>
        (await act.DoAsync(actor => commands.DrainAsync(node, actor, cancel))).Refused;

    public async Task<string?> ClearQuarantineAsync(string node, CancellationToken cancel) =>
        (await act.DoAsync(actor => commands.ClearQuarantineAsync(node, actor, cancel))).Refused;

    public async Task<string?> RevokeAsync(string node, CancellationToken cancel) =>
        (await act.DoAsync(actor => commands.RevokeAsync(node, actor, cancel))).Refused;
}
