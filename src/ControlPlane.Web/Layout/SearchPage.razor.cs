using ControlPlane.Web.Shared;
using Microsoft.AspNetCore.Components;

namespace ControlPlane.Web.Layout;

/// <summary>Finds things by name, from the field in the top bar.</summary>
public sealed partial class SearchPage(SearchQueries queries, Reads reads)
{
    private Read<IReadOnlyList<SearchHit>>? _hits;
    private string? _asked;

    [SupplyParameterFromQuery] private string? Q { get; set; }

    protected override async Task OnParametersSetAsync()
    {
        if (_asked == (Q ?? ""))
            return;

        _asked = Q ?? "";
        _hits = reads.Of($"search:{Q}", cancel => queries.FindAsync(_asked, cancel));
        if (!_hits.HasValue)
            await _hits.RunAsync();
    }
}
