namespace ControlPlane.Web.Layout;

/// <summary>The environments one can choose from in the top bar.</summary>
public sealed class EnvironmentNames
{
    private static readonly IReadOnlyList<string> _seeded = ["production", "staging"];

    public Task<IReadOnlyList<string>> ListAsync(CancellationToken cancel) => Task.FromResult(_seeded);
}
