using System.Diagnostics.CodeAnalysis;

namespace ControlPlane.Domain.Primitives;

/// <summary>A value, or the reason why there is none.</summary>
public readonly struct Outcome<T>
{
    private readonly T? _value;
    private readonly Refusal? _refusal;

    private Outcome(T? value, Refusal? refusal)
    {
        _value = value;
        _refusal = refusal;
    }

    public static implicit operator Outcome<T>(T value) => new(value, null);

    public static implicit operator Outcome<T>(Refusal refusal) => new(default, refusal);

    public bool TryGet([MaybeNullWhen(false)] out T value, [NotNullWhen(false)] out Refusal? refusal)
    {
        value = _value;
        refusal = _refusal;
        return refusal is null;
    }
}

/// <summary>An answer that is no: what happened, what it means, what to do.</summary>
/// <param name="Code">Stable, PascalCase.</param>
/// <param name="Message">A sentence with the numbers in it.</param>
/// <param name="Field">The member of the request that is to blame, or null.</param>
/// <param name="Remedy">What to do about a check that an upload failed, or null.</param>
public sealed record Refusal(string Code, string Message, RefusalKind Kind = RefusalKind.NotAllowed, string? Field = null, string? Remedy = null)
{
    public static Refusal NotFound(string what, string name) => new("NotFound", $"There is no {what} {name}.", RefusalKind.NotFound);

    public static Refusal Invalid(string field, string message) => new("Invalid", message, RefusalKind.Invalid, field);

    public static Refusal Stale(string what) => new("Stale", $"{what} was changed by someone else meanwhile. Look at it again and repeat the action if it still makes sense.", RefusalKind.Stale);
}

/// <summary>Kinds of refusal; the edge maps each to one HTTP status.</summary>
public enum RefusalKind
{
    /// <summary>400.</summary>
    Invalid,

    /// <summary>401.</summary>
    Unauthenticated,

    /// <summary>403.</summary>
    Forbidden,

    /// <summary>404.</summary>
    NotFound,

    /// <summary>409: not in this state, or it exists already.</summary>
    NotAllowed,

    /// <summary>412.</summary>
    Stale,

    /// <summary>413.</summary>
    TooLarge,

    /// <summary>416.</summary>
    RangeNotSatisfiable,

    /// <summary>422.</summary>
    Unprocessable,

    /// <summary>428.</summary>
    PreconditionRequired,

    /// <summary>429.</summary>
    Overloaded,

    /// <summary>503.</summary>
    Unavailable,

    /// <summary>507.</summary>
    StorageFull,
}

/// <summary>What is there when there is nothing to say.</summary>
public readonly record struct Done;
