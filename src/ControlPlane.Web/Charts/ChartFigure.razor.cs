using ControlPlane.Web.Shared;
using Microsoft.AspNetCore.Components;

namespace ControlPlane.Web.Charts;

/// <summary>A chart with its heading, the sentence that says the same, its table and its CSV.</summary>
public sealed partial class ChartFigure(ChartReader reader, LiveSwitch live, TimeProvider time, ILogger<ChartFigure> logger)
{
    private Read<ChartData?>? _read;
    private (string, string, string) _shown;
    private bool _isTable;

    [Parameter, EditorRequired] public string Kind { get; set; } = "";
    [Parameter, EditorRequired] public string Title { get; set; } = "";

    /// <summary><c>environment/name</c>.</summary>
    [Parameter, EditorRequired] public string Endpoint { get; set; } = "";
    [Parameter, EditorRequired] public ChartRange Range { get; set; } = null!;

    private string Query => $"endpoint={Uri.EscapeDataString(Endpoint)}&range={Range.Key}";

    /// <summary>How often the browser asks for the next picture; never while live updates are paused.</summary>
    private int Seconds => live.IsPaused ? 0 : Range.Span <= TimeSpan.FromHours(6) ? 15 : 30;

    private ChartData? Data => _read?.Value;

    /// <summary>The page renders each second; the chart has something new only every few.</summary>
    private bool IsOld => !live.IsPaused && _read?.At is { } at && time.GetUtcNow() - at >= TimeSpan.FromSeconds(Seconds);

    protected override async Task OnParametersSetAsync()
    {
        var asked = (Kind, Endpoint, Range.Key);
        var isSame = asked == _shown;
        if (!isSame)
            _read = new(cancel => reader.ReadAsync(ChartRequest.Last(Kind, Endpoint, Range.Span, time.GetUtcNow()), cancel), time, logger);
        _shown = asked;

        // Hundreds of numbers are not worth carrying over from the first rendering, so they are read when the page is alive.
        if (RendererInfo.IsInteractive && (!isSame || IsOld))
            await _read!.RunAsync();
    }
}
