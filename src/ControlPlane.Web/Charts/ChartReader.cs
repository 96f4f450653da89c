namespace ControlPlane.Web.Charts;

/// <summary>Finds the source of a kind of chart and asks it.</summary>
public sealed class ChartReader(IEnumerable<IChartSource> sources)
{
    public Task<ChartData?> ReadAsync(ChartRequest request, CancellationToken cancel) =>
        sources.FirstOrDefault(source => source.Kinds.Contains(request.Kind)) is { } source
            ? source.ReadAsync(request, cancel)
            : Task.FromResult<ChartData?>(null);
}
