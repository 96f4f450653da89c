using ControlPlane.Web.Shared;
using Microsoft.AspNetCore.Components;

namespace ControlPlane.Web.Features.Requests;

/// <summary>Finds logged predictions.</summary>
public sealed partial class RequestsPage(RequestRows requests, EndpointsNow endpoints, Reads reads, TimeProvider time, NavigationManager navigation)
{
    private const int Most = 100;
    private static readonly (string Key, string Name)[] _ranges = [("15m", "last 15 min"), ("1h", "last hour"), ("24h", "last 24 h"), ("7d", "last 7 days")];
    private static readonly int[] _codes = [200, 400, 413, 422, 429, 500, 503, 504];

    private Read<IReadOnlyList<RequestRow>>? _rows;
    private IReadOnlyList<string> _endpoints = [];
    private string? _asked;

    [SupplyParameterFromQuery] private string? Id { get; set; }
    [SupplyParameterFromQuery(Name = "endpoint")] private string? Path { get; set; }
    [SupplyParameterFromQuery] private string? Range { get; set; }
    [SupplyParameterFromQuery] private int? Status { get; set; }
    [SupplyParameterFromQuery(Name = "env")] private string? Env { get; set; }

    private string? Note => Path is null ? null : $"{Path}, {_ranges.FirstOrDefault(range => range.Key == (Range ?? "1h")).Name}";

    protected override async Task OnParametersSetAsync()
    {
        if (!string.IsNullOrWhiteSpace(Id))
        {
            navigation.NavigateTo($"requests/{Uri.EscapeDataString(Id.Trim())}", replace: true);
            return;
        }

        _endpoints = [.. (await endpoints.NamesAsync(CancellationToken.None)).Where(path => Env is null || path.StartsWith(Env + "/", StringComparison.Ordinal))];
        Path ??= _endpoints.Count > 0 ? _endpoints[0] : null;
        var asked = $"requests:{Path}:{Range}:{Status}";
        if (asked == _asked || Path?.Split('/') is not [var environment, var name])
            return;

        _asked = asked;
        var now = time.GetUtcNow();
        var from = now - (Range switch { "15m" => TimeSpan.FromMinutes(15), "24h" => TimeSpan.FromHours(24), "7d" => TimeSpan.FromDays(7), _ => TimeSpan.FromHours(1) });
        _rows = reads.Of(asked, cancel => requests.ListAsync(new(environment, name, from, now, null, Status, Most), cancel));
        if (!_rows.HasValue)
            await _rows.RunAsync();
    }
}
