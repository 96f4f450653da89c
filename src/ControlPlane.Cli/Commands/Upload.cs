using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using ControlPlane.Cli.Api;

namespace ControlPlane.Cli.Commands;

/// <summary>Sends a file in pieces; a piece that was cut off is sent again from where the server stands.</summary>
internal static class Upload
{
    private const int MostTries = 6;

    public static async Task<JsonNode> SendAsync(ApiClient api, string model, FileInfo file, int? number, string? notes, CancellationToken cancel)
    {
        string hash;
        await using (var whole = file.OpenRead())
            hash = Convert.ToHexStringLower(await SHA256.HashDataAsync(whole, cancel));

        var open = new JsonObject { ["name"] = file.Name, ["size"] = file.Length, ["sha256"] = hash };
        if (number is not null)
            open["version"] = number;
        if (notes is not null)
            open["notes"] = new JsonObject { ["text"] = notes };
        var session = await api.PostAsync($"models/{model}/uploads", open, cancel);
        var path = $"models/{model}/uploads/{session["id"]}";
        await SendPiecesAsync(api, path, file, (int?)session["chunkSize"] ?? 16 << 20, cancel);
        return await api.PostAsync($"{path}/complete", null, cancel);
    }

    private static async Task SendPiecesAsync(ApiClient api, string path, FileInfo file, int pieceSize, CancellationToken cancel)
    {
        await using var source = file.OpenRead();
        var piece = new byte[pieceSize];
        long offset = 0;
        var tries = 0;
        while (offset < file.Length)
        {
            source.Position = offset;
            var count = await source.ReadAtLeastAsync(piece, piece.Length, throwOnEndOfStream: false, cancel);
            try
            {
                await api.PutBytesAsync($"{path}?offset={offset}", piece, count, cancel);
                offset += count;
                tries = 0;
            }
            catch (ApiException cut) when ((cut.Status is null or HttpStatusCode.Conflict || (int)cut.Status >= 500) && ++tries < MostTries)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200 * Math.Pow(2, tries)), TimeProvider.System, cancel);
                offset = await OffsetAsync(api, path, offset, cancel);
            }

            Output.Progress($"{file.Name}: {offset * 100 / file.Length} %, {offset:N0} of {file.Length:N0} bytes");
        }

        Output.ProgressEnded();
    }

    /// <summary>Where to go on; while nobody answers, where we were.</summary>
    private static async Task<long> OffsetAsync(ApiClient api, string path, long otherwise, CancellationToken cancel)
    {
        try
        {
            return await api.OffsetAsync(path, cancel) ?? otherwise;
        }
        catch (ApiException)
        {
            return otherwise;
        }
    }
}
