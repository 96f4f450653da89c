using ControlPlane.Domain.Identity;
using ControlPlane.Web.Shared;
using Microsoft.AspNetCore.Components;

namespace ControlPlane.Web.Features.Registry;

/// <summary>Get my file in. The transfer itself is plain HTTP in the browser (upload.js): a lost circuit does not stop it.</summary>
public sealed partial class UploadPage(ModelsPageQueries queries, Reads reads)
{
    private Read<ModelView?>? _model;
    private IReadOnlyList<Crumb> _crumbs = [];
    private string? _denied;

    [Inject] private Standing Standing { get; set; } = null!;

    [Parameter] public string Name { get; set; } = "";

    protected override async Task OnParametersSetAsync()
    {
        if (_model is not null)
            return;

        _denied = (await Standing.ReadAsync(CancellationToken.None)).WhyNot(Permission.UploadVersions);
        _crumbs = [new("Models", "models"), new(Name, $"models/{Name}"), new("Upload")];
        _model = reads.Of($"model:{Name}", cancel => queries.FindAsync(Name, cancel));
        if (!_model.HasValue)
            await _model.RunAsync();
    }
}
