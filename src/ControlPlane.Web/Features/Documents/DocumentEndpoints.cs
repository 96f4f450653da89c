using System.Text.Json.Nodes;
using ControlPlane.Data;
using ControlPlane.Domain.Primitives;
using ControlPlane.Domain.Rollouts.Documents;
using ControlPlane.Web.Hosting;
using Microsoft.EntityFrameworkCore;

namespace ControlPlane.Web.Features.Documents;

/// <summary>Deployments as code.</summary>
internal static class DocumentEndpoints
{
    private const int LongestBody = 1 << 20;

    public static void MapDocumentEndpoints(this IEndpointRouteBuilder app)
    {
        var api = app.MapGroup("/api/v1").DisableAntiforgery();
        api.MapPost("/apply", ApplyAsync);
        api.MapGet("/environments/{environment}/endpoints/{endpoint}/document", ExportAsync);
    }

    /// <summary>YAML or JSON, one document or several; JSON may also be a list of them.</summary>
    private static async Task<IResult> ApplyAsync(bool? dryRun, HttpContext http, ApplyCommands commands, CancellationToken cancel)
    {
        if (http.Request.ContentLength > LongestBody)
            return Problems.From(Refusal.Invalid("document", $"Documents may have {LongestBody} bytes together."));
        using var text = new StreamReader(http.Request.Body);
        var all = await text.ReadToEndAsync(cancel);
        if (!Documents(all).TryGet(out var documents, out var refusal))
            return Problems.From(refusal);
        if (documents.Count == 0)
            return Problems.From(Refusal.Invalid("document", "There is no document in the body."));
        var outcome = await commands.ApplyAsync(documents, dryRun == true, http.User.Actor(), cancel);
        return outcome.TryGet(out var applied, out refusal)
            ? Results.Ok(new { changes = applied.Changes.Select(change => new { change.Kind, change.Name, change.Action, change.Difference, rollout = change.Rollout?.ToString() }), applied = applied.IsApplied })
            : Problems.From(refusal);
    }

    private static async Task<IResult> ExportAsync(string environment, string endpoint, IDbContextFactory<ControlPlaneDb> factory, CancellationToken cancel)
    {
        await using var db = await factory.CreateDbContextAsync(cancel);
        if (await db.Endpoints.AsNoTracking().SingleOrDefaultAsync(known => known.Environment == environment && known.Name == endpoint, cancel) is not { } found)
            return Problems.From(Refusal.NotFound("endpoint", $"{environment}/{endpoint}"));
        var stable = found.StableRelease is { } id ? await db.Releases.AsNoTracking().SingleAsync(known => known.Id == id, cancel) : null;
        return Results.Ok(EndpointDocument.Of(found, stable));
    }

    private static Outcome<IReadOnlyList<JsonObject>> Documents(string text)
    {
        var trimmed = text.AsSpan().TrimStart();
        // A list of documents is JSON's way to hold several; YAML separates them.
        if (trimmed.Length == 0 || trimmed[0] != '[')
            return YamlJson.Read(new StringReader(text));
        return YamlJson.Read(new StringReader($"{{\"documents\":{text}}}")).TryGet(out var wrapped, out var refusal)
            ? wrapped[0]["documents"] is JsonArray items && items.All(item => item is JsonObject)
                ? items.Select(item => (JsonObject)item!.DeepClone()).ToList()
                : Refusal.Invalid("document", "Each entry of the list must be a document.")
            : refusal;
    }
}
