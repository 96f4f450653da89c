using ControlPlane.Web.Charts;
using ControlPlane.Web.Shared;
using Microsoft.AspNetCore.Components;

namespace ControlPlane.Web.Features.Endpoints;

/// <summary>Four figures of this moment and three charts of the range asked for.</summary>
public sealed partial class HealthTab(TimeProvider time)
{
    [Parameter, EditorRequired] public EndpointView? Endpoint { get; set; }
    [Parameter, EditorRequired] public string EnvironmentName { get; set; } = "";
    [Parameter, EditorRequired] public string Name { get; set; } = "";
    [Parameter, EditorRequired] public ChartRange Range { get; set; } = null!;

    private string Path => $"{EnvironmentName}/{Name}";

    private FiguresNow? Now => Endpoint?.Figures;

    private string Span
    {
        get
        {
            var now = time.GetUtcNow();
            return $"{Figures.When(now - Range.Span, now)} to {now:HH:mm} UTC";
        }
    }

    private static Mark? Within(double? value, double limit) =>
        value is not { } known ? null : known > limit ? new("bad", "over", "bad") : new("check", "within", "ok");
}
