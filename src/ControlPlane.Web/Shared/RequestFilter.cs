namespace ControlPlane.Web.Shared;

/// <summary>Which logged predictions to look for.</summary>
public sealed record RequestFilter(string Environment, string Endpoint, DateTimeOffset From, DateTimeOffset To, string? Release = null, int? Status = null, int Most = 100);
