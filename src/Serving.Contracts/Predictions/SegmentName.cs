using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Serving.Contracts.Predictions;

/// <summary>
/// What a sealed segment of the log lake is called on its way: <c>{endpoint}~{yyyy-MM-dd}~{HH}~{node}-{seq}.parquet</c>, the last part of
/// <c>PUT /node/v1/records/{kind}/{segment}</c>. The control plane knows the environment from the node's credential and stores it as
/// <c>kind=K/env=E/endpoint=N/date=D/hour=H/{node}-{seq}.parquet</c>.
/// </summary>
/// <param name="Date">UTC day of the records in it.</param>
/// <param name="Hour">UTC hour, 0 to 23.</param>
/// <param name="File"><c>{node}-{seq}</c>: never used twice by a node, also not after it lost its disk.</param>
public sealed record SegmentName(string Endpoint, DateOnly Date, int Hour, string File)
{
    /// <summary>Header of the upload with the SHA-256 of the segment, 64 lower-case hex digits.</summary>
    public const string Sha256Header = "X-Content-SHA256";

    public const string Predictions = "prediction";

    private const string Extension = ".parquet";
    private const int LongestPart = 160;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Endpoint}~{Date:yyyy-MM-dd}~{Hour:00}~{File}{Extension}");

    /// <summary>Folder and file below the lake's root, with forward slashes.</summary>
    public string PathIn(string kind, string environment) =>
        string.Create(CultureInfo.InvariantCulture, $"kind={kind}/env={environment}/endpoint={Endpoint}/date={Date:yyyy-MM-dd}/hour={Hour:00}/{File}{Extension}");

    public static bool TryParse(string text, [NotNullWhen(true)] out SegmentName? name)
    {
        name = null;
        if (!text.EndsWith(Extension, StringComparison.Ordinal))
            return false;

        var parts = text[..^Extension.Length].Split('~');
        if (parts.Length != 4 || !IsPlain(parts[0]) || !IsPlain(parts[3])
            || !DateOnly.TryParseExact(parts[1], "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date)
            || !int.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out var hour) || hour > 23 || parts[2].Length != 2)
        {
            return false;
        }

        name = new SegmentName(parts[0], date, hour, parts[3]);
        return true;
    }

    /// <summary>Letters, digits, point, hyphen and underscore, beginning with a letter or digit: never a path.</summary>
    public static bool IsPlain(string part) =>
        part.Length is > 0 and <= LongestPart && char.IsAsciiLetterOrDigit(part[0]) && part.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_');
}
