using ControlPlane.Domain.Primitives;
using ControlPlane.Web.Hosting;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using Serving.Contracts.Models;

namespace ControlPlane.Web.Features.Registry;

/// <summary><c>multipart/form-data</c> with the parts model, data (many), golden, reference, card and meta, each streamed to disk.</summary>
internal sealed class MultipartIntake(PartWriter writer, UploadIntake intake, IOptions<ArtifactOptions> options)
{
    private const int LongestBoundary = 100;
    private const int MostFiles = 64;

    /// <returns>The reception, and the name the model file had.</returns>
    public async Task<Outcome<(Reception Reception, string FileName)>> ReadAsync(HttpRequest request, CancellationToken cancel)
    {
        var boundary = HeaderUtilities.RemoveQuotes(MediaTypeHeaderValue.Parse(request.ContentType).Boundary).Value;
        if (string.IsNullOrEmpty(boundary) || boundary.Length > LongestBoundary)
            return Refusal.Invalid("Content-Type", "multipart/form-data needs a boundary.");

        var files = new List<ReceivedFile>();
        var shown = FileNames.DefaultModel;
        try
        {
            var reader = new MultipartReader(boundary, request.Body) { HeadersCountLimit = 16, HeadersLengthLimit = 8192 };
            var left = options.Value.MaxUploadBytes;
            while (await reader.ReadNextSectionAsync(cancel) is { } section)
            {
                if (NameOf(section).TryGet(out var name, out var refusal) && Check(files, name) is { } clash)
                    refusal = clash;
                if (refusal is not null)
                    return await DropAsync(files, refusal);
                if (FileNames.IsModel(name!))
                    shown = FileNames.ToShow(FileNameOf(section));

                var written = await writer.WriteAsync(name!, section.Body, left, cancel);
                if (!written.TryGet(out var file, out refusal))
                    return await DropAsync(files, refusal);
                files.Add(file);
                left -= file.Size;
            }
        }
        catch (Exception failure)
        {
            await intake.DropAsync(files);
            if (failure is IOException and not BadHttpRequestException)
                return Refusal.Invalid("body", "The multipart body ends before its closing boundary.");
            throw;
        }

        var read = await intake.OfFilesAsync(files, cancel);
        return read.TryGet(out var reception, out var refused) ? (reception, shown) : refused;
    }

    private static Refusal? Check(List<ReceivedFile> files, string name)
    {
        if (files.Count >= MostFiles)
            return Refused("TooManyEntries", $"More than {MostFiles} files.");
        return files.Any(file => string.Equals(file.Name, name, StringComparison.OrdinalIgnoreCase)) ? Refused("DuplicateEntry", $"'{name}' was given twice.") : null;
    }

    private static Outcome<string> NameOf(MultipartSection section)
    {
        var disposition = section.GetContentDispositionHeader();
        var part = HeaderUtilities.RemoveQuotes(disposition?.Name ?? default).Value;
        var file = FileNameOf(section);
        switch (part)
        {
            case "model":
                return file is not null && FileNames.IsSafe(file) && FileNames.IsModel(file) ? file : FileNames.DefaultModel;
            case "data" when file is not null && FileNames.IsSafe(file) && !FileNames.IsModel(file):
                return file;
            case "data":
                return Refused("UnsafeEntryName", $"A data part is named as the model names it, without folder: '{FileNames.ToShow(file)}' is not.");
            case "golden":
                return FileNames.Golden;
            case "reference":
                return file?.EndsWith(".parquet", StringComparison.OrdinalIgnoreCase) == true ? "reference.parquet" : "reference.csv";
            case "card":
                return FileNames.Card;
            case "meta":
                return FileNames.Meta;
            default:
                return Refusal.Invalid("parts", "Parts are model, data, golden, reference, card and meta.");
        }
    }

    private static string? FileNameOf(MultipartSection section)
    {
        var disposition = section.GetContentDispositionHeader();
        return HeaderUtilities.RemoveQuotes(disposition?.FileNameStar.HasValue == true ? disposition.FileNameStar : disposition?.FileName ?? default).Value;
    }

    private static Refusal Refused(string code, string message) => UploadRefusals.Of(code, new ModelCheck(ModelChecks.Archive, ModelCheck.Failed, message));

    private async Task<Refusal> DropAsync(List<ReceivedFile> files, Refusal refusal)
    {
        await intake.DropAsync(files);
        return refusal;
    }
}
