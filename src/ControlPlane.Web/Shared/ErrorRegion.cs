using System.Diagnostics;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Rendering;
using Microsoft.AspNetCore.Components.Web;

namespace ControlPlane.Web.Shared;

/// <summary>Keeps a part of the page that throws from taking the rest away: shows a card with the id that the log has, and a way to try again.</summary>
public sealed partial class ErrorRegion(ILogger<ErrorRegion> logger) : ErrorBoundaryBase
{
    private string _id = "";

    /// <summary>What failed, as the subject of a sentence: "This chart".</summary>
    [Parameter] public string What { get; set; } = "This part";

    /// <summary>One line without a frame, for the actions of a header.</summary>
    [Parameter] public bool IsInline { get; set; }

    protected override Task OnErrorAsync(Exception exception)
    {
        _id = Activity.Current?.TraceId.ToHexString() ?? ActivityTraceId.CreateRandom().ToHexString();
        LogRegionFailed(exception, What, _id);
        return Task.CompletedTask;
    }

    protected override void BuildRenderTree(RenderTreeBuilder builder)
    {
        if (CurrentException is null)
        {
            builder.AddContent(0, ChildContent);
            return;
        }

        builder.OpenComponent<ErrorCard>(1);
        builder.AddComponentParameter(2, nameof(ErrorCard.What), What);
        builder.AddComponentParameter(3, nameof(ErrorCard.Id), _id);
        builder.AddComponentParameter(4, nameof(ErrorCard.IsInline), IsInline);
        builder.AddComponentParameter(5, nameof(ErrorCard.OnRetry), EventCallback.Factory.Create(this, Recover));
        builder.CloseComponent();
    }

    [LoggerMessage(LogLevel.Error, "{What} could not be shown ({Id})")]
    private partial void LogRegionFailed(Exception exception, string what, string id);
}
