namespace ControlPlane.Domain.Identity;

/// <summary>Who does something.</summary>
/// <param name="Name">E-mail of a person, name of a token or node, or <c>automatic</c>.</param>
public sealed record Actor(string Name, ActorKind Kind)
{
    public static Actor Automatic { get; } = new("automatic", ActorKind.Automatic);
}

public enum ActorKind
{
    Person,
    Token,
    Node,
    Automatic,
}
