using ControlPlane.Web.Shared;

namespace ControlPlane.Web.Features.Endpoints;

/// <summary>From this instant on an endpoint was asked to serve these arms.</summary>
public sealed record ServedChange(DateTimeOffset At, long Revision, string Actor, string? Reason, IReadOnlyList<TrafficArm> Arms);
