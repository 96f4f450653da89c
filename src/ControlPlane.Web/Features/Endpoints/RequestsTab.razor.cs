using ControlPlane.Web.Shared;
using Microsoft.AspNetCore.Components;

namespace ControlPlane.Web.Features.Endpoints;

public sealed partial class RequestsTab(RequestRows rows, Reads reads, TimeProvider time)
{
    private Read<IReadOnlyList<RequestRow>>? _requests;

    [Parameter, EditorRequired] public string EnvironmentName { get; set; } = "";
    [Parameter, EditorRequired] public string Name { get; set; } = "";

    protected override async Task OnParametersSetAsync()
    {
        if (_requests is not null && _requests.At is { } at && time.GetUtcNow() - at < TimeSpan.FromSeconds(5))
            return;

        var isFirst = _requests is null;
        _requests ??= reads.Of("endpoint-requests", cancel => rows.ListAsync(new(EnvironmentName, Name, time.GetUtcNow().AddHours(-1), time.GetUtcNow()), cancel));
        if (!isFirst || !_requests.HasValue)
            await _requests.RunAsync();
    }
}
