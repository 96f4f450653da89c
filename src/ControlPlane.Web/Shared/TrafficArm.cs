namespace ControlPlane.Web.Shared;

/// <param name="Observed">Share of answered requests, 0 to 1; null when there were none.</param>
/// <param name="Asked">Share asked for, 0 to 1.</param>
public sealed record TrafficArm(string Version, VersionRole Role, double? Observed, double Asked);
