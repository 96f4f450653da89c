using System.Globalization;
using ControlPlane.Domain.Releases;
using ControlPlane.Web.Shared;

namespace ControlPlane.Web.Features.Endpoints;

/// <summary>What the dialogs of endpoints do, in the name of the person who looks. Each gives null, or why it was refused.</summary>
internal sealed class EndpointActions(EndpointCommands commands, Act act)
{
    public async Task<string?> CreateAsync(string environment, string name, string pool, double? limitP99Ms, CancellationToken cancel) =>
        (await act.DoAsync(actor => commands.CreateAsync(environment, new EndpointSettings(name, pool, SloP99Ms: limitP99Ms), actor, cancel))).Refused;

    public async Task<(int Number, string? Refused)> DeployAsync(string environment, string name, string model, int version, CancellationToken cancel)
    {
        var (started, refused) = await act.DoAsync(actor => commands.DeployAsync(
            environment, name, new DeployOrder(model, version.ToString(CultureInfo.InvariantCulture)), seenStamp: null, actor, cancel));
        return (started?.Number ?? 0, refused);
    }

    /// <param name="to">Release id.</param>
    public async Task<(int Number, string? Refused)> RollBackAsync(string environment, string name, string to, string reason, CancellationToken cancel)
    {
        var (started, refused) = await act.DoAsync(actor => commands.RollBackAsync(
            environment, name, to, reason.Length == 0 ? null : reason, seenStamp: null, actor, cancel));
        return (started?.Number ?? 0, refused);
    }
}
