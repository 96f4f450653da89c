using ControlPlane.Data.Lake;

namespace ControlPlane.Web.Shared;

/// <summary>Lists logged predictions.</summary>
public sealed class RequestRows(Lake lake)
{
    public async Task<IReadOnlyList<RequestRow>> ListAsync(RequestFilter filter, CancellationToken cancel)
    {
        var rows = await lake.ListAsync(new(filter.Environment, filter.Endpoint, filter.From, filter.To, filter.Most, filter.Release, filter.Status), cancel);
        return
        [
            .. rows.Select(row => new RequestRow(
                row.Text("request_id") ?? "",
                row.Instant("at") ?? default,
                row.Environment,
                row.Endpoint,
                row.Text("model") ?? "",
                row.Text("version") ?? "?",
                row.Text("arm") ?? "",
                (int)(row.Whole("status") ?? 0),
                row.Text("error"),
                row.Whole("t_total") / 1000d,
                row.Text("served_from"))),
        ];
    }
}
