namespace ControlPlane.Web.Hosting;

/// <summary>Something that must work before this control plane calls itself ready. Each feature adds its own.</summary>
public interface IReadinessCheck
{
    /// <summary>What is checked, such as <c>database</c>.</summary>
    string Name { get; }

    /// <returns>Null when it works; otherwise why not, one sentence.</returns>
    ValueTask<string?> WhyNotAsync(CancellationToken cancel);
}
