using ControlPlane.Web.Shared;

namespace ControlPlane.Web.Features.Overview;

/// <summary>What is wrong, what waits for someone, and what is open.</summary>
/// <param name="Guide">Null once an endpoint serves and was called.</param>
public sealed record OverviewView(IReadOnlyList<AttentionItem> Attention, IReadOnlyList<AttentionItem> Waiting, GuideView Guide);

/// <summary>One sentence and one action.</summary>
/// <param name="Tone">Class of the icon.</param>
public sealed record AttentionItem(string Icon, string Tone, string What, string Why, string Action, string Href);

/// <summary>How far a new installation has come; computed from what is there.</summary>
public sealed record GuideView(bool HasVersion, string? FirstModel, int LiveNodes, string? FirstNode, bool HasEndpoint, string? ServingEndpoint, bool HasRequests, bool HasSecondRelease, bool IsProtected)
{
    public int Done => new[] { HasVersion, LiveNodes > 0, HasEndpoint, HasRequests, HasSecondRelease, IsProtected }.Count(done => done);

    public bool IsNew => !HasRequests || !HasEndpoint;
}
