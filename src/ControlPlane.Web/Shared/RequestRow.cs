namespace ControlPlane.Web.Shared;

/// <summary>A logged prediction in a list.</summary>
public sealed record RequestRow(string RequestId, DateTimeOffset At, string Environment, string Endpoint, string Model, string Version, string Arm, int Status, string? Error, double? TotalMs, string? ServedFrom);
