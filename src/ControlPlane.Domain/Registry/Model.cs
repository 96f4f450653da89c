using ControlPlane.Domain.Identity;
using ControlPlane.Domain.Primitives;

namespace ControlPlane.Domain.Registry;

/// <summary>A name under which versions are kept.</summary>
public sealed class Model : IStamped
{
    public const int LongestDescription = 20 << 10;
    public const int MostTags = 32;

    private Model()
    {
    }

    public ModelId Id { get; private set; }

    public string Name { get; private set; } = "";

    /// <summary>Markdown, up to 20 KiB; never trusted as markup.</summary>
    public string Description { get; private set; } = "";

    public IReadOnlyList<string> Tags { get; private set; } = [];

    public string CreatedBy { get; private set; } = "";

    public DateTimeOffset CreatedAt { get; private set; }

    /// <summary>The highest number ever given, deleted versions included.</summary>
    public int LastNumber { get; private set; }

    public long Stamp { get; set; }

    public static Outcome<Model> Create(string name, string? description, IReadOnlyList<string>? tags, Actor actor, DateTimeOffset at)
    {
        if ((Names.Check("name", name) ?? CheckText(description, tags)) is { } refusal)
            return refusal;

        return new Model { Id = ModelId.New(at), Name = name, Description = description ?? "", Tags = tags ?? [], CreatedBy = actor.Name, CreatedAt = at };
    }

    public Outcome<Done> Describe(string? description, IReadOnlyList<string>? tags)
    {
        if (CheckText(description, tags) is { } refusal)
            return refusal;
        Description = description ?? Description;
        Tags = tags ?? Tags;
        return default(Done);
    }

    /// <summary>Takes a number for a new version.</summary>
    /// <param name="wanted">A number above the last one, or null for the next.</param>
    public Outcome<int> TakeNumber(int? wanted)
    {
        if (wanted is <= 0)
            return Refusal.Invalid("version", "A version is a number from 1 on.");
        if (wanted <= LastNumber)
            return new Refusal("VersionExists", $"Version {wanted} of {Name} is taken; the next free one is {LastNumber + 1}.");
        LastNumber = wanted ?? LastNumber + 1;
        return LastNumber;
    }

    private static Refusal? CheckText(string? description, IReadOnlyList<string>? tags)
    {
        if (description?.Length > LongestDescription)
            return Refusal.Invalid("description", $"The description has {description.Length} characters; {LongestDescription} are allowed.");
        if (tags?.Count > MostTags || tags?.Any(tag => tag.Length is 0 or > 64) == true)
            return Refusal.Invalid("tags", $"Up to {MostTags} tags of 1 to 64 characters are allowed.");
        return null;
    }
}
