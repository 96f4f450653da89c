namespace ControlPlane.Web.Shared;

/// <summary>Icons, words and tones of a rollout's eleven states: the same everywhere.</summary>
internal static class RolloutMarks
{
    /// <param name="detail">What belongs to the state: the step, who paused, the reason.</param>
    public static Mark Of(string phase, string? detail = null)
    {
        var (icon, word, tone) = phase switch
        {
            "Draft" => ("draft", "Draft", ""),
            "AwaitingApproval" => ("wait", "Awaiting approval", ""),
            "Ready" => ("ready", "Ready", ""),
            "Progressing" => ("play", "Progressing", "prog"),
            "Paused" => ("pause", "Paused", "stale"),
            "Inconclusive" => ("unsure", "Inconclusive", "unsure"),
            "RollingBack" => ("undo", "Going back", "back"),
            "Completed" => ("check", "Completed", "ok"),
            "Aborted" => ("abort", "Aborted", ""),
            "RolledBack" => ("undo", "Rolled back", "back"),
            "Superseded" => ("superseded", "Superseded", ""),
            _ => ("info", phase, ""),
        };
        return new(icon, (phase, detail) switch
        {
            (_, null or "") => word,
            ("Progressing", _) => detail,
            _ => $"{word} — {detail}",
        }, tone);
    }
}
