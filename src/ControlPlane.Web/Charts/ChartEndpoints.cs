using System.Globalization;
using System.Text;
using ControlPlane.Web.Hosting;
using Microsoft.Net.Http.Headers;

namespace ControlPlane.Web.Charts;

/// <summary>Charts and their numbers as plain GET: <c>/charts/latency.svg?endpoint=production/fraud&amp;range=1h</c>.</summary>
internal static class ChartEndpoints
{
    public static void MapCharts(this IEndpointRouteBuilder app)
    {
        app.MapGet("/charts/{kind}.svg", PictureAsync).RequireAuthorization().RequireRateLimiting(CallerLimits.Charts).GivenUpInTime().ExcludeFromDescription();
        app.MapGet("/exports/{kind}.csv", TableAsync).RequireAuthorization().RequireRateLimiting(CallerLimits.Charts).GivenUpInTime().ExcludeFromDescription();
    }

    private static async Task<IResult> PictureAsync(string kind, HttpContext http, ChartPictures pictures, TimeProvider time, CancellationToken cancel)
    {
        var query = http.Request.Query;
        if (ChartRequest.Of(kind, query, time.GetUtcNow()) is not { } request || !int.TryParse(query["width"].FirstOrDefault("800"), CultureInfo.InvariantCulture, out var width))
            return Results.BadRequest();
        if (await pictures.GetAsync(request, query["theme"], width, cancel) is not { } picture)
            return Results.NotFound();

        http.Response.Headers.CacheControl = "private, max-age=15";
        http.Response.Headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; font-src data:; frame-ancestors 'none'; sandbox";
        return Results.Bytes(picture.Svg, "image/svg+xml", entityTag: new EntityTagHeaderValue(picture.ETag));
    }

    private static async Task<IResult> TableAsync(string kind, HttpContext http, ChartReader reader, TimeProvider time, CancellationToken cancel)
    {
        if (ChartRequest.Of(kind, http.Request.Query, time.GetUtcNow()) is not { } request)
            return Results.BadRequest();
        if (await reader.ReadAsync(request, cancel) is not { } data)
            return Results.NotFound();

        return Results.File(Encoding.UTF8.GetBytes(ChartTable.Csv(data)), "text/csv; charset=utf-8", $"{kind}-{request.Endpoint.Replace('/', '-')}.csv");
    }
}
