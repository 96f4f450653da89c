using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Caching.Memory;

namespace ControlPlane.Web.Charts;

/// <summary>Pictures of charts, each drawn once for its time bucket, theme and width; few at a time, since drawing is work for the processor.</summary>
public sealed class ChartPictures(ChartReader reader, IMemoryCache cache) : IDisposable
{
    private const int Narrowest = 240, Widest = 2400;

    private readonly SemaphoreSlim _drawing = new(2);

    public void Dispose() => _drawing.Dispose();

    /// <param name="width">Pixels; taken to the nearest size that is drawn.</param>
    /// <returns>Null when there is no such chart.</returns>
    public async Task<ChartPicture?> GetAsync(ChartRequest request, string? theme, int width, CancellationToken cancel)
    {
        width = Math.Clamp((width + 5) / 10 * 10, Narrowest, Widest);
        var key = (nameof(ChartPictures), request, theme == "dark", width);
        if (cache.TryGetValue<ChartPicture>(key, out var known))
            return known;

        if (await reader.ReadAsync(request, cancel) is not { } data)
            return null;

        await _drawing.WaitAsync(cancel);
        try
        {
            var svg = ChartDrawing.Svg(data, ChartPalette.Of(theme), width);
            var bytes = Encoding.UTF8.GetBytes(svg);
            var picture = new ChartPicture(bytes, $"\"{Convert.ToHexStringLower(SHA256.HashData(bytes))[..24]}\"");
            return cache.Set(key, picture, request.Bucket);
        }
        finally
        {
            _drawing.Release();
        }
    }
}
