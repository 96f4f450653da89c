using ControlPlane.Data.Lake;

namespace ControlPlane.Web.Features.Requests;

/// <summary>What the page of a request shows.</summary>
public sealed class RequestPageQueries(Lake lake)
{
    private const int MostRows = 100;

    /// <returns>Null: it is not in the log (yet).</returns>
    public async Task<RequestView?> FindAsync(string requestId, CancellationToken cancel)
    {
        var rows = await lake.FindAsync(requestId, cancel);
        if (rows.Count == 0)
            return null;

        var logged = LoggedRequest.Of(rows.Count > MostRows ? [.. rows.Take(MostRows)] : rows);
        return new(
            logged.RequestId,
            logged.At ?? default,
            logged.Environment,
            logged.Endpoint,
            logged.Model ?? "",
            logged.Version ?? "?",
            logged.Release ?? "",
            logged.Arm ?? "",
            logged.ServedFrom,
            (int)(logged.Status ?? 0),
            logged.Error,
            logged.Node,
            logged.Protocol,
            rows[0].Text("unit"),
            logged.Phases.TotalUs / 1000d,
            Phases(logged.Phases),
            [.. logged.Features.Select(feature => new FeatureRow(feature.Row ?? 0, feature.Name, feature.Value?.ToJsonString() ?? "", feature.Source, null))],
            [.. logged.Outputs.SelectMany((row, index) => row.Select(output => new OutputRow(index, output.Key, output.Value?.ToJsonString() ?? "")))],
            rows.Count);
    }

    /// <summary>In the order they run; what the total has beyond them is reading, routing and writing.</summary>
    private static List<PhaseRow> Phases(LoggedPhases phases)
    {
        var rows = new List<PhaseRow>();
        var start = 0d;
        foreach (var (name, us, isModel) in new[] { ("Features", phases.FeaturesUs, false), ("Wait", phases.QueueUs, false), ("Predict", phases.ModelUs, true) })
        {
            if (us is not { } known)
                continue;
            rows.Add(new(name, start, known / 1000d, isModel));
            start += known / 1000d;
        }

        if (rows.Count > 0 && phases.TotalUs / 1000d - start is { } rest and > 0)
            rows.Add(new("Read and write", start, rest, false));
        return rows;
    }
}
