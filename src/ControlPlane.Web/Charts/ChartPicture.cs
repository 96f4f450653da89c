namespace ControlPlane.Web.Charts;

/// <param name="ETag">With its quotes.</param>
public sealed record ChartPicture(byte[] Svg, string ETag);
