using System.Globalization;
using System.IO.Compression;
using ControlPlane.Data.Artifacts;
using ControlPlane.Domain.Primitives;
using ControlPlane.Domain.Registry;
using ControlPlane.Web.Hosting;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Net.Http.Headers;

namespace ControlPlane.Web.Features.Registry;

/// <summary><c>/api/v1/models/{m}/versions</c>.</summary>
internal static class VersionEndpoints
{
    private const string Sha256Header = "X-Content-SHA256";

    private static readonly TimeSpan _longestWait = TimeSpan.FromMinutes(2);

    public static void MapVersions(this IEndpointRouteBuilder app)
    {
        var versions = app.MapGroup("/api/v1/models/{model}/versions").RequireAuthorization();
        versions.MapPost("", UploadAsync).AddEndpointFilter(UploadEndpoints.Slot).WithMetadata(new DisableRequestSizeLimitAttribute()).Accepts<Stream>("application/octet-stream", "application/zip", "multipart/form-data");
        versions.MapGet("", ListAsync);
        versions.MapGet("{version}", FindAsync);
        versions.MapGet("{version}/download", DownloadAsync);
        versions.MapDelete("{version:int}", DeleteAsync);
    }

    private static async Task<IResult> UploadAsync(
        string model, [FromQuery] int? version, [FromQuery] string? fileName, HttpContext http, RegistryQueries queries, UploadIntake intake, MultipartIntake multipart, VersionCommands commands, CancellationToken cancel)
    {
        if (await commands.WhyNotUploadAsync(model, http.User.Actor(), cancel) is { } denied)
            return Problems.From(denied);
        // Known before a byte is read, so that a large body for nothing is not read at all.
        if (await queries.FindModelAsync(model, cancel) is not { } known)
            return Problems.From(Refusal.NotFound("model", model));
        if (version is not null && await queries.FindVersionAsync(model, version.Value.ToString(CultureInfo.InvariantCulture), cancel) is not null)
            return Problems.From(new Refusal("VersionExists", $"Version {version} of {known.Answer.Name} is taken."));

        var announced = http.Request.Headers[Sha256Header].ToString();
        var read = MediaTypeHeaderValue.TryParse(http.Request.ContentType, out var type) ? type.MediaType.Value : null;
        Outcome<(Reception Reception, string FileName)> received;
        switch (read?.ToLowerInvariant())
        {
            case "application/octet-stream" or "application/zip" or "application/x-zip-compressed":
                var file = await intake.OfFileAsync(http.Request.Body, announced.Length == 0 ? null : announced, cancel);
                received = file.TryGet(out var reception, out var refused) ? (reception, FileNames.ToShow(fileName)) : refused;
                break;
            case "multipart/form-data":
                received = await multipart.ReadAsync(http.Request, cancel);
                break;
            default:
                return TypedResults.StatusCode(StatusCodes.Status415UnsupportedMediaType);
        }

        if (!received.TryGet(out var files, out var refusal))
            return Problems.From(await commands.RejectAsync(model, refusal, http.User.Actor(), cancel));
        var outcome = await commands.AcceptAsync(model, files.Reception, version, files.FileName, null, null, http.User.Actor(), cancel);
        return outcome.TryGet(out var made, out refusal) ? Accepted(made) : Problems.From(refusal);
    }

    public static IResult Accepted(ModelVersion version) =>
        TypedResults.Accepted($"/api/v1/models/{version.ModelName}/versions/{version.Number}", AcceptedAnswer.Of(version));

    private static async Task<IResult> ListAsync(string model, int? limit, string? cursor, RegistryQueries queries, CancellationToken cancel)
    {
        if (!Paging.After(cursor).TryGet(out var after, out var refusal))
            return Problems.From(refusal);
        return await queries.HasModelAsync(model, cancel)
            ? TypedResults.Ok(await queries.ListVersionsAsync(model, int.TryParse(after, out var below) ? below : int.MaxValue, Paging.Limit(limit), cancel))
            : Problems.From(Refusal.NotFound("model", model));
    }

    private static async Task<IResult> FindAsync(string model, string version, string? wait, HttpContext http, RegistryQueries queries, CancellationToken cancel)
    {
        if (!Waits.Read(wait, _longestWait).TryGet(out var longest, out var refusal))
            return Problems.From(refusal);
        if (await queries.WaitAsync(model, version, longest, cancel) is not { } found)
            return Problems.From(Refusal.NotFound($"version {version} of model", model));
        http.SetETag(found.Version.Stamp);
        return TypedResults.Ok(VersionAnswer.Of(found.Version, found.Aliases));
    }

    /// <summary>The model file, or all files as a zip where there are several. Never shown by a browser, always saved.</summary>
    private static async Task<IResult> DownloadAsync(string model, string version, HttpContext http, RegistryQueries queries, IArtifactStore store, CancellationToken cancel)
    {
        if (await queries.FindVersionAsync(model, version, cancel) is not { } found)
            return Problems.From(Refusal.NotFound($"version {version} of model", model));
        if (found.Version.FilesDeletedAt is not null)
            return Problems.From(new Refusal("FilesDeleted", "The files of this rejected version were removed after their time of grace."));

        http.Response.Headers.ContentSecurityPolicy = "default-src 'none'; frame-ancestors 'none'; sandbox";
        var name = $"{found.Version.ModelName}-{found.Version.Number}";
        var files = found.Version.Manifest.Files;
        if (files.Count == 1)
        {
            var stream = await store.ReadAsync(files[0].Sha256, cancel);
            return stream is null
                ? Problems.From(Refusal.NotFound("file", files[0].Path))
                : TypedResults.Stream(stream, "application/octet-stream", name + ".onnx", entityTag: new EntityTagHeaderValue($"\"{files[0].Sha256}\""), enableRangeProcessing: true);
        }

        // The archive writes the few bytes that end an entry without waiting for them.
        if (http.Features.Get<IHttpBodyControlFeature>() is { } control)
            control.AllowSynchronousIO = true;
        return TypedResults.Stream(
            async body =>
            {
                await using var zip = await ZipArchive.CreateAsync(body, ZipArchiveMode.Create, leaveOpen: true, entryNameEncoding: null, cancel);
                foreach (var file in files)
                {
                    await using var from = await store.ReadAsync(file.Sha256, cancel) ?? throw new FileNotFoundException(file.Path);
                    await using var to = await zip.CreateEntry(file.Path, CompressionLevel.NoCompression).OpenAsync(cancel);
                    await from.CopyToAsync(to, cancel);
                }
            },
            "application/zip",
            name + ".zip");
    }

    private static async Task<IResult> DeleteAsync(string model, int version, HttpContext http, VersionCommands commands, CancellationToken cancel)
    {
        var outcome = await commands.DeleteAsync(model, version, http.User.Actor(), cancel);
        return outcome.TryGet(out _, out var refusal) ? TypedResults.NoContent() : Problems.From(refusal);
    }
}
