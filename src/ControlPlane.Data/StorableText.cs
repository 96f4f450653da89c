using System.Text;
using Microsoft.EntityFrameworkCore.ChangeTracking;

namespace ControlPlane.Data;

/// <summary>
/// Texts from outside (reasons, file names, messages of a model's author or of a runtime) may hold what a database cannot: PostgreSQL refuses the
/// character NUL and halves of surrogate pairs, and with them the whole transaction. They are replaced by U+FFFD, as decoders do.
/// </summary>
internal static class StorableText
{
    public static void Apply(EntityEntry entry)
    {
        foreach (var property in entry.Properties)
        {
            if (property.CurrentValue is string text && !property.Metadata.IsKey() && Of(text) is { } storable && storable != text)
                property.CurrentValue = storable;
        }
    }

    public static string Of(string text)
    {
        if (!text.Contains('\0') && !text.Any(char.IsSurrogate))
            return text;
        var storable = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
            storable.Append(rune.Value == 0 ? Rune.ReplacementChar.ToString() : rune.ToString());
        return storable.ToString();
    }
}
