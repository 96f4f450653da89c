namespace ControlPlane.Web.Charts;

/// <summary>
/// The font of all charts, brought along: slim container images have none, and an SVG inside an image element cannot see the page's fonts.
/// </summary>
internal static class ChartFont
{
    public const string Name = "IBM Plex Sans";

    private static readonly string _path = Path.Combine(AppContext.BaseDirectory, "Charts", "Fonts", "ibm-plex-sans-latin-400-normal.woff");

    private static readonly Lazy<string> _style = new(() =>
    {
        ScottPlot.Fonts.AddFontFile(Name, _path, bold: false, italic: false);
        return $$"""<style>@font-face{font-family:"{{Name}}";src:url(data:font/woff;base64,{{Convert.ToBase64String(File.ReadAllBytes(_path))}}) format("woff")}</style>""";
    });

    /// <summary>A style element that carries the font into an SVG document. Registers the font with the renderer the first time.</summary>
    public static string Style => _style.Value;
}
