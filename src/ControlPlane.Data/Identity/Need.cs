using ControlPlane.Domain.Identity;

namespace ControlPlane.Data.Identity;

/// <summary>What a command needs to be let do.</summary>
/// <param name="Target">What it is done to, as the audit names it: <c>endpoint/production/fraud</c>.</param>
/// <param name="Environment">Null where the permission holds for none in particular.</param>
public sealed record Need(Permission Permission, string Target, string? Environment = null);
