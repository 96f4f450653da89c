using ControlPlane.Domain.Primitives;
using ControlPlane.Web.Hosting;

namespace ControlPlane.Web.Features.Registry;

/// <summary><c>/api/v1/models</c> and aliases.</summary>
internal static class ModelEndpoints
{
    public static void MapModels(this IEndpointRouteBuilder app)
    {
        var models = app.MapGroup("/api/v1/models").RequireAuthorization();
        models.MapPost("", CreateAsync);
        models.MapGet("", ListAsync);
        models.MapGet("{model}", FindAsync);
        models.MapPatch("{model}", DescribeAsync);
        models.MapPut("{model}/aliases/{alias}", PutAliasAsync);
        models.MapDelete("{model}/aliases/{alias}", DeleteAliasAsync);
    }

    private static async Task<IResult> CreateAsync(ModelRequest request, HttpContext http, ModelCommands commands, CancellationToken cancel)
    {
        var outcome = await commands.CreateAsync(request.Name ?? "", request.Description, request.Tags, http.User.Actor(), cancel);
        if (!outcome.TryGet(out var model, out var refusal))
            return Problems.From(refusal);
        http.SetETag(model.Stamp);
        return TypedResults.Created($"/api/v1/models/{model.Name}", ModelAnswer.Of(model));
    }

    private static async Task<IResult> ListAsync(int? limit, string? cursor, RegistryQueries queries, CancellationToken cancel) =>
        Paging.After(cursor).TryGet(out var after, out var refusal) ? TypedResults.Ok(await queries.ListModelsAsync(after, Paging.Limit(limit), cancel)) : Problems.From(refusal);

    private static async Task<IResult> FindAsync(string model, HttpContext http, RegistryQueries queries, CancellationToken cancel)
    {
        if (await queries.FindModelAsync(model, cancel) is not { } found)
            return Problems.From(Refusal.NotFound("model", model));
        http.SetETag(found.Stamp);
        return TypedResults.Ok(found.Answer);
    }

    private static async Task<IResult> DescribeAsync(string model, DescribeRequest request, HttpContext http, ModelCommands commands, CancellationToken cancel)
    {
        if (!http.IfMatch(required: true).TryGet(out var seen, out var refusal))
            return Problems.From(refusal);
        var outcome = await commands.DescribeAsync(model, request.Description, request.Tags, seen, http.User.Actor(), cancel);
        if (!outcome.TryGet(out var changed, out refusal))
            return Problems.From(refusal);
        http.SetETag(changed.Stamp);
        return TypedResults.Ok(ModelAnswer.Of(changed));
    }

    private static async Task<IResult> PutAliasAsync(string model, string alias, AliasRequest request, HttpContext http, ModelCommands commands, CancellationToken cancel)
    {
        if (!int.TryParse(request.Version, out var number))
            return Problems.From(Refusal.Invalid("version", "version is the number of a version as text: \"1\"."));
        var outcome = await commands.PutAliasAsync(model, alias, number, http.User.Actor(), cancel);
        return outcome.TryGet(out var moved, out var refusal) ? TypedResults.Ok(new AliasAnswer(moved.Name, moved.Number.ToString())) : Problems.From(refusal);
    }

    private static async Task<IResult> DeleteAliasAsync(string model, string alias, HttpContext http, ModelCommands commands, CancellationToken cancel)
    {
        var outcome = await commands.DeleteAliasAsync(model, alias, http.User.Actor(), cancel);
        return outcome.TryGet(out _, out var refusal) ? TypedResults.NoContent() : Problems.From(refusal);
    }

    private sealed record ModelRequest(string? Name, string? Description = null, IReadOnlyList<string>? Tags = null);

    private sealed record DescribeRequest(string? Description = null, IReadOnlyList<string>? Tags = null);

    private sealed record AliasRequest(string? Version);

    private sealed record AliasAnswer(string Alias, string Version);
}
