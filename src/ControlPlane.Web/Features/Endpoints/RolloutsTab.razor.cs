using ControlPlane.Web.Features.Rollouts;
using ControlPlane.Web.Shared;
using Microsoft.AspNetCore.Components;

namespace ControlPlane.Web.Features.Endpoints;

public sealed partial class RolloutsTab(RolloutsPageQueries queries, Reads reads)
{
    private Read<IReadOnlyList<RolloutRow>>? _rollouts;

    [Parameter, EditorRequired] public string EnvironmentName { get; set; } = "";
    [Parameter, EditorRequired] public string Name { get; set; } = "";

    protected override async Task OnParametersSetAsync()
    {
        var isFirst = _rollouts is null;
        _rollouts ??= reads.Of("endpoint-rollouts", cancel => queries.OfEndpointAsync(EnvironmentName, Name, cancel));
        if (!isFirst || !_rollouts.HasValue)
            await _rollouts.RunAsync();
    }
}
