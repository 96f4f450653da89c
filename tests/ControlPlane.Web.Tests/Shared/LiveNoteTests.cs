using Bunit;
using ControlPlane.Web.Live;
using ControlPlane.Web.Shared;
using ControlPlane.Web.Tests.Pages;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;

namespace ControlPlane.Web.Tests.Shared;

public sealed class LiveNoteTests : IAsyncDisposable
{
    private readonly PageContext _pages = new();
    private int _reads;

    public ValueTask DisposeAsync() => _pages.DisposeAsync();

    [Fact]
    public async Task Many_changes_within_a_second_are_read_once()
    {
        Render();

        for (var i = 0; i < 50; i++)
            Feed.Publish(LiveTopics.Endpoints);
        _pages.Time.Advance(TimeSpan.FromSeconds(1));

        await ReadsAsync(1);
        Assert.Equal(1, _reads);
    }

    [Fact]
    public void F29_a_view_that_stands_still_while_data_changes_is_flagged_and_reads_nothing_by_itself()
    {
        var note = Render();
        Switch.Toggle();

        Feed.Publish(LiveTopics.Endpoints);
        _pages.Time.Advance(TimeSpan.FromSeconds(1));

        note.WaitForAssertion(() => Assert.Contains("Changed meanwhile", note.Find(".chip.stale").TextContent));
        Assert.Equal(0, _reads);
    }

    [Fact]
    public void F29_refresh_reads_what_is_there_now_and_takes_the_flag_away()
    {
        var note = Render();
        Switch.Toggle();
        Feed.Publish(LiveTopics.Endpoints);
        _pages.Time.Advance(TimeSpan.FromSeconds(1));
        note.WaitForElement("button").Click();

        Assert.Equal(1, _reads);
        Assert.Empty(note.FindAll(".chip.stale"));
    }

    [Fact]
    public async Task Going_live_again_reads_at_once()
    {
        Render();
        Switch.Toggle();

        Switch.Toggle();

        await ReadsAsync(1);
    }

    [Fact]
    public async Task View_is_read_again_without_any_change_before_it_is_old()
    {
        Render();

        for (var second = 0; second < 11; second++)
            _pages.Time.Advance(TimeSpan.FromSeconds(1));

        await ReadsAsync(1);
    }

    [Fact]
    public void View_carries_the_age_at_which_the_browser_marks_it_as_old()
    {
        var note = Render();

        Assert.Equal("15", note.Find("[data-stale-after]").GetAttribute("data-stale-after"));
        Assert.Equal(PageContext.Noon, DateTimeOffset.Parse(note.Find("time").GetAttribute("datetime")!));
    }

    private LiveFeed Feed => _pages.Services.GetRequiredService<LiveFeed>();

    private LiveSwitch Switch => _pages.Services.GetRequiredService<LiveSwitch>();

    private IRenderedComponent<LiveNote> Render() => _pages.Render<LiveNote>(note => note
        .Add(n => n.Topics, [LiveTopics.Endpoints])
        .Add(n => n.At, PageContext.Noon)
        .Add(n => n.OnChanged, EventCallback.Factory.Create(this, () => { _reads++; })));

    private Task ReadsAsync(int least) => Testing.Eventually.TrueAsync(() => _reads >= least, TimeSpan.FromSeconds(10), "the page is read");
}
