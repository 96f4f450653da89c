using ControlPlane.Domain.Primitives;

namespace ControlPlane.Domain.Registry;

/// <summary>A name that points at one version of a model: <c>champion</c>, <c>challenger</c>, any.</summary>
public sealed class ModelAlias : IStamped
{
    public required ModelId ModelId { get; init; }

    public required string Name { get; init; }

    public required int Number { get; set; }

    public long Stamp { get; set; }

    /// <summary>A number would be taken for a version.</summary>
    public static Refusal? Check(string alias) =>
        int.TryParse(alias, out _) ? Refusal.Invalid("alias", "An alias may not be a number: it would be taken for a version.") : Names.Check("alias", alias);
}
