using System.Buffers.Text;
using System.Text;
using ControlPlane.Domain.Primitives;

namespace ControlPlane.Web.Hosting;

/// <summary>A part of a list.</summary>
/// <param name="NextCursor">To be given as <c>?cursor=</c>; null at the end.</param>
public sealed record Listing<T>(IReadOnlyList<T> Items, string? NextCursor);

/// <summary><c>?limit=&amp;cursor=</c> of a list. A cursor names the last row seen, so that rows added meanwhile neither repeat nor hide others.</summary>
internal static class Paging
{
    public const int DefaultLimit = 100;
    public const int MostRows = 200;

    public static int Limit(int? asked) => Math.Clamp(asked ?? DefaultLimit, 1, MostRows);

    /// <returns>The key after which the part begins; null for the beginning.</returns>
    public static Outcome<string?> After(string? cursor)
    {
        if (string.IsNullOrEmpty(cursor))
            return (string?)null;
        return cursor.Length <= 512 && Base64Url.IsValid(cursor) ? Encoding.UTF8.GetString(Base64Url.DecodeFromChars(cursor)) : Refusal.Invalid("cursor", "The cursor is not one that this list gave.");
    }

    /// <param name="rows">One more than <paramref name="limit"/> where there are more.</param>
    public static Listing<T> Of<T>(IReadOnlyList<T> rows, int limit, Func<T, string> key) => rows.Count > limit
        ? new Listing<T>([.. rows.Take(limit)], Base64Url.EncodeToString(Encoding.UTF8.GetBytes(key(rows[limit - 1]))))
        : new Listing<T>(rows, null);
}
