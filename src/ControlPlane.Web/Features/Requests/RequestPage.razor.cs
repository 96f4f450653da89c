using ControlPlane.Web.Shared;
using Microsoft.AspNetCore.Components;

namespace ControlPlane.Web.Features.Requests;

/// <summary>Everything that is known of one prediction.</summary>
public sealed partial class RequestPage(RequestPageQueries queries, Reads reads)
{
    private Read<RequestView?>? _request;
    private string? _asked;
    private IReadOnlyList<Crumb> _crumbs = [];

    [Parameter] public string Id { get; set; } = "";

    private RequestView? Request => _request?.Value;

    /// <summary>The first output, when it is short enough for a sentence.</summary>
    private string? Headline => Request?.Outputs.FirstOrDefault() is { Value.Length: <= 24 } first ? $"{first.Name} = {first.Value}" : null;

    protected override async Task OnParametersSetAsync()
    {
        if (_asked == Id)
            return;

        _asked = Id;
        _crumbs = [new("Requests", "requests"), new(Id)];
        _request = reads.Of($"request:{Id}", cancel => queries.FindAsync(Id, cancel));
        if (!_request.HasValue)
            await _request.RunAsync();
    }

    private Task RefreshAsync() => _request?.RunAsync() ?? Task.CompletedTask;
}
