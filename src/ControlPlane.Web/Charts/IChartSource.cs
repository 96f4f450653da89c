namespace ControlPlane.Web.Charts;

/// <summary>Where the numbers of some kinds of chart come from; each feature brings its own.</summary>
public interface IChartSource
{
    IReadOnlyCollection<string> Kinds { get; }

    /// <returns>Null when there is no such thing to chart.</returns>
    Task<ChartData?> ReadAsync(ChartRequest request, CancellationToken cancel);
}
