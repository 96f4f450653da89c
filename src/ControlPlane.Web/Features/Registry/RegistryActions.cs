using ControlPlane.Web.Shared;

namespace ControlPlane.Web.Features.Registry;

/// <summary>What the dialogs of the registry do, in the name of the person who looks.</summary>
internal sealed class RegistryActions(ModelCommands commands, Act act)
{
    /// <returns>Null, or why it was refused.</returns>
    public async Task<string?> CreateModelAsync(string name, string? description, CancellationToken cancel) =>
        (await act.DoAsync(actor => commands.CreateAsync(name, description, null, actor, cancel))).Refused;
}
