using ControlPlane.Web.Shared;

namespace ControlPlane.Web.Layout;

/// <summary>The environments one can choose from.</summary>
public sealed class EnvironmentNames(ServingNow serving)
{
    public async Task<IReadOnlyList<string>> ListAsync(CancellationToken cancel) =>
        [.. (await serving.ReadAsync(cancel)).Environments.Keys.Order(StringComparer.Ordinal)];
}
