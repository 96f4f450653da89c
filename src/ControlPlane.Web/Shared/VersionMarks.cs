namespace ControlPlane.Web.Shared;

/// <summary>Icons, words and tones of a version's states.</summary>
internal static class VersionMarks
{
    public static Mark Of(string state) => state switch
    {
        "Uploading" => new("upload", "Uploading"),
        "Validating" => new("run", "Being checked"),
        "Ready" => new("done", "Ready", "ok"),
        "Rejected" => new("bad", "Rejected", "bad"),
        _ => new("info", state),
    };

    /// <param name="outcome"><c>passed</c>, <c>warning</c>, <c>failed</c>; anything else has not run.</param>
    public static Mark OfCheck(string? outcome) => outcome switch
    {
        "passed" => new("check", "passed", "ok"),
        "warning" => new("warn", "note", "stale"),
        "failed" => new("bad", "failed", "bad"),
        "running" => new("run", "running", "run"),
        _ => new("ready", "waits"),
    };
}
