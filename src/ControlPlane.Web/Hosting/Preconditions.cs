using System.Globalization;
using ControlPlane.Domain.Primitives;

namespace ControlPlane.Web.Hosting;

/// <summary><c>ETag: "stamp"</c> on what is read, <c>If-Match</c> on what is changed.</summary>
internal static class Preconditions
{
    public static void SetETag(this HttpContext http, long stamp) => http.Response.Headers.ETag = $"\"{stamp.ToString(CultureInfo.InvariantCulture)}\"";

    /// <returns>The stamp the caller has seen; null where none was given and none is required.</returns>
    public static Outcome<long?> IfMatch(this HttpContext http, bool required)
    {
        var given = http.Request.Headers.IfMatch.ToString();
        if (given.Length == 0)
        {
            return required
                ? new Refusal("PreconditionRequired", "Send If-Match with the ETag of what you have seen, so that nothing unseen is overwritten.", RefusalKind.PreconditionRequired)
                : (long?)null;
        }

        if (given == "*")
            return (long?)null;
        return long.TryParse(given.Trim('"'), CultureInfo.InvariantCulture, out var stamp) ? stamp : Refusal.Invalid("If-Match", "If-Match is not an ETag of this interface.");
    }
}
