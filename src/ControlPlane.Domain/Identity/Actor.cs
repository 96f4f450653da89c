using ControlPlane.Domain.Primitives;

namespace ControlPlane.Domain.Identity;

/// <summary>Who does something.</summary>
/// <param name="Name">E-mail of a person, name of a token or node, or <c>automatic</c>.</param>
/// <param name="Role">As it was when the actor signed in. What is decided goes by what it is now.</param>
/// <param name="Token">The token that a machine shows; null for everybody else.</param>
/// <param name="ProvedAt">When a person last showed password or provider; null: not known, or no person.</param>
public sealed record Actor(string Name, ActorKind Kind, Role? Role = null, TokenId? Token = null, DateTimeOffset? ProvedAt = null)
{
    /// <summary>What approves or changes how one signs in asks for a proof no older than this.</summary>
    public static readonly TimeSpan Recent = TimeSpan.FromMinutes(15);

    public static Actor Automatic { get; } = new("automatic", ActorKind.Automatic);

    public bool IsRecent(DateTimeOffset at) => Kind == ActorKind.Person && ProvedAt is { } proved && at - proved <= Recent;
}

public enum ActorKind
{
    Person,
    Token,
    Node,
    Automatic,
}
