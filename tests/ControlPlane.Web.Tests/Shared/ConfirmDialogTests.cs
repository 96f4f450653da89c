using Bunit;
using ControlPlane.Web.Shared;
using ControlPlane.Web.Tests.Pages;
using MudBlazor;

namespace ControlPlane.Web.Tests.Shared;

public sealed class ConfirmDialogTests : IAsyncDisposable
{
    private readonly PageContext _pages = new();
    private readonly List<string> _done = [];
    private string? _refusal;

    public ValueTask DisposeAsync() => _pages.DisposeAsync();

    [Fact]
    public void Safe_direction_has_the_focus_on_its_filled_blue_action_and_the_reason_filled_in()
    {
        var dialog = Open(ConfirmKind.SafeDirection, reason: "Rolled back from the endpoint page");

        var buttons = dialog.FindAll(".mud-dialog-actions button");
        Assert.Equal(DefaultFocus.LastChild, dialog.FindComponent<MudFocusTrap>().Instance.DefaultFocus);
        Assert.Contains("back", buttons[^1].ClassList);
        Assert.Equal("submit", buttons[^1].GetAttribute("type"));
        Assert.False(buttons[^1].HasAttribute("disabled"));
        Assert.Equal("Rolled back from the endpoint page", dialog.Find("form input").GetAttribute("value"));
    }

    [Fact]
    public void Enter_confirms_the_safe_direction()
    {
        var dialog = Open(ConfirmKind.SafeDirection, reason: "At night");

        dialog.Find("form").Submit();

        Assert.Equal(["At night"], _done);
    }

    [Fact]
    public void What_cannot_be_undone_waits_for_the_name()
    {
        var dialog = Open(ConfirmKind.CannotBeUndone, name: "node-3");
        Assert.True(dialog.Find(".btn.danger").HasAttribute("disabled"));
        dialog.Find("form").Submit();
        Assert.Empty(_done);

        dialog.Find("form input").Input("node-3");
        dialog.Find("form").Submit();

        Assert.Single(_done);
    }

    [Fact]
    public void Refusal_is_said_in_the_dialog_which_stays()
    {
        _refusal = "Priya Nair paused it 2 s before. Nothing changed.";
        var dialog = Open(ConfirmKind.MovesTraffic, reason: "Go");

        dialog.Find("form").Submit();

        Assert.Contains(_refusal, dialog.Find("[role=alert]").TextContent);
        Assert.NotEmpty(dialog.FindAll(".mud-dialog"));
    }

    private IRenderedComponent<MudDialogProvider> Open(ConfirmKind kind, string? reason = null, string? name = null)
    {
        _pages.Render<MudPopoverProvider>();
        var provider = _pages.Render<MudDialogProvider>();
        _pages.Render<ConfirmDialog>(dialog => dialog
            .Add(d => d.IsOpen, true)
            .Add(d => d.Title, "Roll back fraud / production to v10?")
            .Add(d => d.Kind, kind)
            .Add(d => d.Action, "Roll back to v10")
            .Add(d => d.ReasonLabel, reason is null ? null : "Reason (optional)")
            .Add(d => d.Reason, reason ?? "")
            .Add(d => d.NameToType, name)
            .Add(d => d.OnConfirm, said =>
            {
                _done.Add(said);
                return Task.FromResult(_refusal);
            }));
        provider.WaitForElement(".mud-dialog");
        return provider;
    }
}
