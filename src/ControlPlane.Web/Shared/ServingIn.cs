namespace ControlPlane.Web.Shared;

/// <summary>Where a version answers requests.</summary>
/// <param name="Share">Of the endpoint's traffic that is asked for, 0 to 1.</param>
public sealed record ServingIn(string Environment, string Endpoint, string Version, double Share, DateTimeOffset? Since);
