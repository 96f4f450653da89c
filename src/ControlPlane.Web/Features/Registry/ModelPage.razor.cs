using ControlPlane.Web.Live;
using ControlPlane.Web.Shared;
using Microsoft.AspNetCore.Components;

namespace ControlPlane.Web.Features.Registry;

/// <summary>One model and its versions.</summary>
public sealed partial class ModelPage(ModelsPageQueries queries, Reads reads)
{
    private static readonly string[] _topics = [LiveTopics.Models, LiveTopics.Endpoints];

    private Read<ModelView?>? _model;
    private string? _asked;
    private IReadOnlyList<Crumb> _crumbs = [];

    [Parameter] public string Name { get; set; } = "";

    private ModelView? Model => _model?.Value;

    protected override async Task OnParametersSetAsync()
    {
        if (_asked == Name)
            return;

        _asked = Name;
        _crumbs = [new("Models", "models"), new(Name)];
        _model = reads.Of($"model:{Name}", cancel => queries.FindAsync(Name, cancel));
        if (!_model.HasValue)
            await _model.RunAsync();
    }

    private static VersionRole RoleOf(VersionRow row) =>
        row.State == "Rejected" ? VersionRole.Gone : row.Serving.Count > 0 ? VersionRole.Stable : VersionRole.Idle;

    private static string Cut(string text) => text.Length > 48 ? text[..47] + "…" : text;

    private static string Sentence(ModelView model)
    {
        if (model.Versions.Count == 0)
            return "It has no version yet.";

        var serving = model.Versions.SelectMany(version => version.Serving).ToList();
        return serving.Count == 0
            ? $"{Figures.Plural(model.Versions.Count, "version")}; none serves anywhere."
            : $"{string.Join(", ", serving.Take(3).Select(place => $"v{place.Version} serves {place.Environment}/{place.Endpoint}"))}{(serving.Count > 3 ? $" and {serving.Count - 3} more" : "")}.";
    }

    private Task RefreshAsync() => _model?.RunAsync() ?? Task.CompletedTask;
}
