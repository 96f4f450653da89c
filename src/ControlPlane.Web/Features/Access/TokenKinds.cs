namespace ControlPlane.Web.Features.Access;

/// <summary>What a stored token stands for.</summary>
internal static class TokenKinds
{
    /// <summary>A machine.</summary>
    public const string Token = "token";

    /// <summary>A person, in a terminal.</summary>
    public const string Session = "session";
}
