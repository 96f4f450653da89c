using ControlPlane.Data.Artifacts;
using ControlPlane.Domain.Primitives;
using ControlPlane.Web.Hosting;
using Microsoft.AspNetCore.Mvc;

namespace ControlPlane.Web.Features.Registry;

/// <summary>Resumable uploads: open, send pieces in order, ask how far it came, complete.</summary>
internal static class UploadEndpoints
{
    private const int ChunkBytes = 16 << 20;
    private const string OffsetHeader = "Upload-Offset";

    public static void MapUploads(this IEndpointRouteBuilder app)
    {
        var uploads = app.MapGroup("/api/v1/models/{model}/uploads").RequireAuthorization();
        uploads.MapPost("", OpenAsync);
        uploads.MapPut("{id:guid}", AppendAsync).AddEndpointFilter(Slot).WithMetadata(new DisableRequestSizeLimitAttribute()).Accepts<Stream>("application/octet-stream");
        uploads.MapMethods("{id:guid}", [HttpMethods.Head], OffsetAsync);
        uploads.MapPost("{id:guid}/complete", CompleteAsync);
        uploads.MapDelete("{id:guid}", CancelAsync);
    }

    /// <summary>One instance for all, which the container makes.</summary>
    public static ValueTask<object?> Slot(EndpointFilterInvocationContext context, EndpointFilterDelegate next) =>
        context.HttpContext.RequestServices.GetRequiredService<UploadSlots>().InvokeAsync(context, next);

    private static async Task<IResult> OpenAsync(string model, UploadRequest request, HttpContext http, UploadCommands commands, CancellationToken cancel)
    {
        var outcome = await commands.OpenAsync(model, request, http.User.Actor(), cancel);
        if (!outcome.TryGet(out var upload, out var refusal))
            return Problems.From(refusal);
        return TypedResults.Created($"/api/v1/models/{model}/uploads/{upload.Id.Value}", new UploadAnswer(upload.Id.Value, ChunkBytes, upload.ExpiresAt));
    }

    private static async Task<IResult> AppendAsync(string model, Guid id, [FromQuery] long offset, HttpContext http, UploadCommands commands, CancellationToken cancel)
    {
        try
        {
            var outcome = await commands.AppendAsync(model, id, offset, http.Request.Body, http.User.Actor(), cancel);
            if (!outcome.TryGet(out var length, out var refusal))
                return Problems.From(refusal);
            SetOffset(http, length);
            return TypedResults.NoContent();
        }
        catch (PartOffsetException other)
        {
            SetOffset(http, other.Length);
            return Problems.From(new Refusal("WrongOffset", $"The upload has {other.Length} bytes, so the next piece begins there and not at {offset}."));
        }
    }

    private static async Task<IResult> OffsetAsync(string model, Guid id, HttpContext http, UploadCommands commands, CancellationToken cancel)
    {
        var outcome = await commands.OffsetAsync(model, id, http.User.Actor(), cancel);
        if (!outcome.TryGet(out var length, out var refusal))
            return TypedResults.StatusCode(Problems.StatusOf(refusal.Kind));
        SetOffset(http, length);
        return TypedResults.Ok();
    }

    private static async Task<IResult> CompleteAsync(string model, Guid id, HttpContext http, UploadCommands commands, CancellationToken cancel)
    {
        var outcome = await commands.CompleteAsync(model, id, http.User.Actor(), cancel);
        return outcome.TryGet(out var version, out var refusal) ? VersionEndpoints.Accepted(version) : Problems.From(refusal);
    }

    private static async Task<IResult> CancelAsync(string model, Guid id, HttpContext http, UploadCommands commands, CancellationToken cancel)
    {
        var outcome = await commands.CancelAsync(model, id, http.User.Actor(), cancel);
        return outcome.TryGet(out _, out var refusal) ? TypedResults.NoContent() : Problems.From(refusal);
    }

    private static void SetOffset(HttpContext http, long length) => http.Response.Headers[OffsetHeader] = length.ToString();

    /// <param name="ChunkSize">Bytes that a piece should have; any size is taken.</param>
    private sealed record UploadAnswer(Guid Id, int ChunkSize, DateTimeOffset ExpiresAt);
}
