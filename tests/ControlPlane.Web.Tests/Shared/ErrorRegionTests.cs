using Bunit;
using ControlPlane.Web.Shared;
using ControlPlane.Web.Tests.Pages;
using Microsoft.AspNetCore.Components;

namespace ControlPlane.Web.Tests.Shared;

public sealed class ErrorRegionTests : IAsyncDisposable
{
    private readonly PageContext _pages = new();

    public ValueTask DisposeAsync() => _pages.DisposeAsync();

    [Fact]
    public void F104_a_part_that_throws_leaves_the_way_back_in_the_header_working()
    {
        var clicks = 0;
        RenderFragment back = builder =>
        {
            builder.OpenElement(0, "button");
            builder.AddAttribute(1, "class", "back");
            builder.AddAttribute(2, "onclick", EventCallback.Factory.Create(this, () => clicks++));
            builder.CloseElement();
        };
        RenderFragment page = builder =>
        {
            builder.OpenComponent<PageHeader>(0);
            builder.AddComponentParameter(1, nameof(PageHeader.Title), "fraud");
            builder.AddComponentParameter(2, nameof(PageHeader.Actions), back);
            builder.AddComponentParameter(3, nameof(PageHeader.Now), (RenderFragment)Broken);
            builder.CloseComponent();
            builder.OpenComponent<Panel>(4);
            builder.AddComponentParameter(5, nameof(Panel.Title), "Health");
            builder.AddComponentParameter(6, nameof(Panel.ChildContent), (RenderFragment)Broken);
            builder.CloseComponent();
        };

        var shown = _pages.Render(page);
        shown.Find("button.back").Click();

        Assert.Equal(1, clicks);
        Assert.Contains("Health could not be shown", shown.Find(".errorcard").TextContent);
        Assert.Matches("[0-9a-f]{32}", shown.Find(".errorcard .mono").TextContent);
        Assert.Contains("Serving is not affected", shown.Find(".errorcard").TextContent);
    }

    [Fact]
    public void F104_a_part_that_throws_on_a_click_is_shown_again_on_request()
    {
        var shown = _pages.Render<ErrorRegion>(region => region.AddChildContent<ThrowsWhenClicked>());
        shown.Find("#bang").Click();
        Assert.NotNull(shown.Find(".errorcard"));

        shown.Find(".errorcard button").Click();

        Assert.NotNull(shown.Find("#bang"));
    }

    private static void Broken(Microsoft.AspNetCore.Components.Rendering.RenderTreeBuilder builder)
    {
        builder.OpenComponent<Throws>(0);
        builder.CloseComponent();
    }

    private sealed class Throws : ComponentBase
    {
        protected override void OnParametersSet() => throw new InvalidOperationException("a bug");
    }

    private sealed class ThrowsWhenClicked : ComponentBase
    {
        protected override void BuildRenderTree(Microsoft.AspNetCore.Components.Rendering.RenderTreeBuilder builder)
        {
            builder.OpenElement(0, "button");
            builder.AddAttribute(1, "id", "bang");
            builder.AddAttribute(2, "onclick", EventCallback.Factory.Create(this, Bang));
            builder.CloseElement();
        }

        private static void Bang() => throw new InvalidOperationException("a bug");
    }
}
