using Microsoft.AspNetCore.Identity;

namespace ControlPlane.Data.Identity;

/// <summary>Someone who signs in.</summary>
public sealed class Person : IdentityUser
{
    /// <summary><c>viewer</c>, <c>engineer</c>, <c>releaser</c> or <c>admin</c>.</summary>
    [ProtectedPersonalData]
    public string Role { get; set; } = "viewer";

    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>Since then the person may do nothing and cannot sign in; null: may.</summary>
    public DateTimeOffset? DisabledAt { get; set; }
}

/// <summary>Facts about the installation itself.</summary>
public sealed class InstallationFact
{
    public required string Name { get; init; }

    public required string Value { get; set; }
}
