namespace ControlPlane.Web.Shared;

/// <summary>One question a page asks, and how far it is with it: what a <see cref="Panel"/> needs to know to show data, waiting, failure or old data.</summary>
public interface IRead
{
    bool HasValue { get; }

    /// <summary>The last attempt failed; the id is in the log.</summary>
    string? ErrorId { get; }

    /// <summary>When the value was read.</summary>
    DateTimeOffset? At { get; }

    Task RunAsync();
}
