using ControlPlane.Web.Shared;

namespace ControlPlane.Web.Features.Registry;

/// <summary>A row of the list of models.</summary>
public sealed record ModelRow(
    string Name,
    int? LatestNumber,
    string? LatestState,
    int Versions,
    IReadOnlyList<ServingIn> Serving,
    DateTimeOffset ChangedAt,
    IReadOnlyList<string> Tags);
