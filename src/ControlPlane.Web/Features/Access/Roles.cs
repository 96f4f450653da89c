namespace ControlPlane.Web.Features.Access;

/// <summary>What people and tokens may be.</summary>
internal static class Roles
{
    public const string Viewer = "viewer";
    public const string Engineer = "engineer";
    public const string Releaser = "releaser";
    public const string Admin = "admin";

    public static IReadOnlyList<string> All { get; } = [Viewer, Engineer, Releaser, Admin];
}

/// <summary>What a stored token stands for.</summary>
internal static class TokenKinds
{
    /// <summary>A machine.</summary>
    public const string Token = "token";

    /// <summary>A person, in a terminal.</summary>
    public const string Session = "session";
}
