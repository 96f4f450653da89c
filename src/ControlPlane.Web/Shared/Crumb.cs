namespace ControlPlane.Web.Shared;

/// <param name="Href">Null: the page itself.</param>
public sealed record Crumb(string Name, string? Href = null);
