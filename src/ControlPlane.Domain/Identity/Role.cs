namespace ControlPlane.Domain.Identity;

/// <summary>What a person or a token is. Each may do what those before it may, and more.</summary>
public enum Role
{
    Viewer,
    Engineer,
    Releaser,
    Admin,
}

/// <summary>Roles as they are written: in the database, in the interface, in a sentence.</summary>
public static class Roles
{
    public static IReadOnlyList<Role> All { get; } = Enum.GetValues<Role>();

    public static string Name(this Role role) => role.ToString().ToLowerInvariant();

    /// <returns>Null where there is no role of this name. Lower case only.</returns>
    public static Role? Of(string? name) => All.Where(role => role.Name() == name).Select(role => (Role?)role).FirstOrDefault();
}
