using ControlPlane.Web.Shared;

namespace ControlPlane.Web.Charts;

/// <summary>Draws one chart at start: without its font or native library every picture would lack its text, and nobody would say so.</summary>
internal sealed partial class ChartSelfTest(TimeProvider time, ILogger<ChartSelfTest> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        try
        {
            if (Fault(ChartDrawing.Svg(Sample(time.GetUtcNow()), ChartPalette.Light, 600)) is { } fault)
                LogUnfit(null, fault);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            LogUnfit(failure, failure.Message);
        }
    }

    /// <returns>What is wrong with a picture of <see cref="Sample"/>; null when nothing is.</returns>
    internal static string? Fault(string svg) =>
        !svg.Contains("</svg>", StringComparison.Ordinal) ? "it is no whole picture"
        : !svg.Contains(ChartFont.Name, StringComparison.Ordinal) ? "it does not use its font"
        : !svg.Contains("</text>", StringComparison.Ordinal) ? "it has no text"
        : !svg.Contains(ChartPalette.Light.Candidate[1..], StringComparison.OrdinalIgnoreCase) ? "it lacks its second line"
        : null;

    internal static ChartData Sample(DateTimeOffset now)
    {
        ChartPoint[] Points(double level) => [.. Enumerable.Range(0, 60).Select(i => new ChartPoint(now.AddMinutes(i - 60), level + i % 7))];
        return new("Self-test", "ms", now.AddHours(-1), now, TimeSpan.FromMinutes(1), [new("v1", VersionRole.Stable, Points(20)), new("v2", VersionRole.Candidate, Points(30))], 80, [new(now.AddMinutes(-20), "#1")]);
    }

    [LoggerMessage(LogLevel.Error, "Charts cannot be drawn: {Fault}. The numbers are still in the tables. Install the fonts beside the program (Charts/Fonts) and libfontconfig1")]
    private partial void LogUnfit(Exception? failure, string fault);
}
