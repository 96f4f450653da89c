using ControlPlane.Web.Live;
using ControlPlane.Web.Shared;
using Microsoft.AspNetCore.Components;

namespace ControlPlane.Web.Features.Rollouts;

/// <summary>What is being changed, what was, and how it ended.</summary>
public sealed partial class RolloutsPage(RolloutsPageQueries queries, Reads reads)
{
    private static readonly string[] _topics = [LiveTopics.Rollouts];
    private static readonly (string Key, string Name)[] _states = [("", "All"), ("open", "Not over"), ("over", "Over")];
    private static readonly (string Key, string Name)[] _whose = [("", "Everybody's"), ("1", "Mine")];

    private Read<PageOf<RolloutRow>>? _rollouts;
    private string? _asked;

    [Inject] private Standing Standing { get; set; } = null!;

    [SupplyParameterFromQuery(Name = "state")] private string? State { get; set; }
    [SupplyParameterFromQuery(Name = "mine")] private string? Mine { get; set; }
    [SupplyParameterFromQuery(Name = "env")] private string? Env { get; set; }
    [SupplyParameterFromQuery(Name = "page")] private int? Asked { get; set; }

    private int Page => Pager.Of(Asked);

    protected override async Task OnParametersSetAsync()
    {
        var asked = $"rollouts:{Env}:{State}:{Mine}:{Page}";
        if (asked == _asked)
            return;
        _asked = asked;
        var by = Mine == "1" ? (await Standing.ReadAsync(CancellationToken.None)).Name : null;
        _rollouts = reads.Of(asked, cancel => queries.ListAsync(Env, State, by, Page, cancel));
        if (!_rollouts.HasValue)
            await _rollouts.RunAsync();
    }

    private Task RefreshAsync() => _rollouts?.RunAsync() ?? Task.CompletedTask;
}
