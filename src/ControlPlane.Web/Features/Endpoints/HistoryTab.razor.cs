using System.Globalization;
using ControlPlane.Web.Shared;
using Microsoft.AspNetCore.Components;

namespace ControlPlane.Web.Features.Endpoints;

/// <summary>What served at 14:05 on 3 May? Read from the desired states, which are never changed.</summary>
public sealed partial class HistoryTab(EndpointHistoryQueries queries, Reads reads, TimeProvider time)
{
    private Read<IReadOnlyList<ServedChange>>? _changes;
    private Read<ServedChange?>? _served;
    private string? _asked;
    private DateTimeOffset _instant;

    [Parameter, EditorRequired] public string EnvironmentName { get; set; } = "";
    [Parameter, EditorRequired] public string Name { get; set; } = "";

    /// <summary>As in the address; UTC when it names no zone.</summary>
    [Parameter] public string? At { get; set; }

    protected override async Task OnParametersSetAsync()
    {
        var isFirst = _changes is null;
        _changes ??= reads.Of("history", cancel => queries.ChangesAsync(EnvironmentName, Name, cancel));
        if (!isFirst || !_changes.HasValue)
            await _changes.RunAsync();

        if (_asked == (At ?? ""))
            return;
        _asked = At ?? "";
        _instant = DateTimeOffset.TryParse(At, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at) ? at : time.GetUtcNow();
        _served = null;
        if (At is null)
            return;
        _served = reads.Of($"served:{At}", cancel => queries.AtAsync(EnvironmentName, Name, _instant, cancel));
        if (!_served.HasValue)
            await _served.RunAsync();
    }
}
