using ControlPlane.Web.Live;
using ControlPlane.Web.Shared;
using Microsoft.AspNetCore.Components;

namespace ControlPlane.Web.Features.Registry;

/// <summary>Which models exist, what is new, which version is where?</summary>
public sealed partial class ModelsPage(ModelsPageQueries queries, Reads reads, NavigationManager navigation)
{
    private static readonly string[] _topics = [LiveTopics.Models, LiveTopics.Endpoints];

    private Read<PageOf<ModelRow>>? _models;
    private string? _asked;
    private string _typed = "";
    private bool _isCreating;

    [SupplyParameterFromQuery] private string? Q { get; set; }
    [SupplyParameterFromQuery] private string? Sort { get; set; }
    [SupplyParameterFromQuery] private int? Page { get; set; }

    private IReadOnlyList<ModelRow> Rows => _models?.Value?.Rows ?? [];

    protected override async Task OnParametersSetAsync()
    {
        var asked = $"models:{Q}:{Sort}:{Page}";
        if (asked == _asked)
            return;

        (_asked, _typed) = (asked, Q ?? "");
        _models = reads.Of(asked, cancel => queries.ListAsync(Q, Sort, Page ?? 1, cancel));
        if (!_models.HasValue)
            await _models.RunAsync();
    }

    private static string Sentence(PageOf<ModelRow> now)
    {
        if (now.All == 0)
            return "No model is registered.";
        var serving = now.Rows.Count(row => row.Serving.Count > 0);
        return now.Total == now.Rows.Count && now.Total == now.All
            ? $"{Figures.Plural(now.All, "model")}, {serving} of them serving."
            : $"{Figures.Plural(now.All, "model")}, {Figures.Count(now.Total)} shown by the filter.";
    }

    private Task RefreshAsync() => _models?.RunAsync() ?? Task.CompletedTask;

    private void Search() => navigation.NavigateTo(navigation.GetUriWithQueryParameters(new Dictionary<string, object?> { ["q"] = _typed.Length == 0 ? null : _typed, ["page"] = null }));
}
