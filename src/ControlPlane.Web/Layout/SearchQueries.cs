using ControlPlane.Data;
using ControlPlane.Web.Shared;
using Microsoft.EntityFrameworkCore;

namespace ControlPlane.Web.Layout;

/// <summary>Names that hold a text.</summary>
public sealed class SearchQueries(IDbContextFactory<ControlPlaneDb> factory, ServingNow serving)
{
    private const int MostOfAKind = 20;

    public async Task<IReadOnlyList<SearchHit>> FindAsync(string text, CancellationToken cancel)
    {
        var part = text.Trim().ToLowerInvariant();
        if (part.Length is 0 or > 128)
            return [];

        await using var db = await factory.CreateDbContextAsync(cancel);
        var models = await db.Models.Where(model => model.Name.Contains(part)).OrderBy(model => model.Name).Select(model => model.Name).Take(MostOfAKind).ToListAsync(cancel);
        var now = await serving.ReadAsync(cancel);
        return
        [
            .. models.Select(name => new SearchHit("models", name, "model", $"models/{name}")),
            .. now.Endpoints.Where(endpoint => endpoint.Address.Contains(part, StringComparison.Ordinal)).Take(MostOfAKind)
                .Select(endpoint => new SearchHit("endpoints", endpoint.Address, "endpoint", $"endpoints/{endpoint.Address}")),
            .. now.Nodes.Where(node => node.Node.Name.Contains(part, StringComparison.OrdinalIgnoreCase)).Take(MostOfAKind)
                .Select(node => new SearchHit("nodes", node.Node.Name, $"{node.Node.Kind} of {node.Node.Environment}", $"nodes/{node.Node.Name}")),
        ];
    }
}

public sealed record SearchHit(string Icon, string Name, string Kind, string Href);
