using ControlPlane.Web.Shared;
using ScottPlot;

namespace ControlPlane.Web.Charts;

/// <summary>The tokens a chart needs, for one theme; the same values as in tokens.css, which a test compares.</summary>
internal sealed record ChartPalette(
    string Surface, string Grid, string Axis, string Text, string Ink, string Stable, string StableText, string Candidate, string CandidateText, string Bad, string BadText)
{
    public static readonly ChartPalette Light = new("#FFFFFF", "#E8EBEF", "#828C98", "#445161", "#16202C", "#1B5FC1", "#174F9F", "#C95A00", "#944200", "#A3162C", "#8F1026");
    public static readonly ChartPalette Dark = new("#151A21", "#232A34", "#6E7A88", "#B3BDC9", "#E7ECF2", "#6FA8FF", "#9CC4FF", "#F39A4A", "#FFB878", "#F0728A", "#FFA0B1");

    // Dash and gap in pixels. No round ends: they make the file sixty times as large.
    private static readonly LinePattern _candidate = new([6, 3], 0, "candidate");
    private static readonly LinePattern _shadow = new([1.5f, 3], 0, "shadow");

    public static ChartPalette Of(string? theme) => theme == "dark" ? Dark : Light;

    public string LineOf(VersionRole role) => role switch { VersionRole.Stable => Stable, VersionRole.Candidate => Candidate, _ => Ink };

    public string TextOf(VersionRole role) => role switch { VersionRole.Stable => StableText, VersionRole.Candidate => CandidateText, _ => Ink };

    public static (LinePattern Pattern, float Width) StrokeOf(VersionRole role) => role switch
    {
        VersionRole.Stable => (LinePattern.Solid, 1.75f),
        VersionRole.Candidate => (_candidate, 2f),
        VersionRole.Shadow => (_shadow, 1.5f),
        _ => (LinePattern.Solid, 1.5f),
    };

    public static LinePattern Limit => _shadow;
}
