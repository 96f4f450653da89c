using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace ControlPlane.Web.Shared;

/// <summary>Asks before something happens; three classes with three amounts of friction (<see cref="ConfirmKind"/>).</summary>
public sealed partial class ConfirmDialog
{
    private static int _count;

    private static readonly DialogOptions _options = new() { MaxWidth = MaxWidth.False, CloseOnEscapeKey = true, BackdropClick = false, CloseButton = false };

    private readonly string _form = $"confirm-{Interlocked.Increment(ref _count)}";
    private string _reason = "";
    private string _typed = "";
    private string? _refused;
    private bool _isBusy;
    private bool _wasOpen;

    [Parameter, EditorRequired] public bool IsOpen { get; set; }
    [Parameter] public EventCallback<bool> IsOpenChanged { get; set; }

    /// <summary>A question.</summary>
    [Parameter, EditorRequired] public string Title { get; set; } = "";
    [Parameter, EditorRequired] public ConfirmKind Kind { get; set; }

    /// <summary>The word on the button: what happens.</summary>
    [Parameter, EditorRequired] public string Action { get; set; } = "";
    [Parameter] public string? Icon { get; set; }

    /// <summary>The effect in a sentence, and fields of the asker's own.</summary>
    [Parameter] public RenderFragment? ChildContent { get; set; }

    /// <summary>Null: no reason is asked for.</summary>
    [Parameter] public string? ReasonLabel { get; set; }
    [Parameter] public string Reason { get; set; } = "";
    [Parameter] public bool IsReasonRequired { get; set; }
    [Parameter] public string? NameToType { get; set; }

    /// <summary>False while a field of the asker's own is not filled in.</summary>
    [Parameter] public bool IsReady { get; set; } = true;

    /// <summary>Does it; gets the reason, gives null or why it was refused. The dialog stays open on a refusal.</summary>
    [Parameter, EditorRequired] public Func<string, Task<string?>> OnConfirm { get; set; } = null!;

    private DefaultFocus Focus => Kind == ConfirmKind.SafeDirection ? DefaultFocus.LastChild : DefaultFocus.FirstChild;

    private bool MayConfirm => !_isBusy && IsReady
        && (!IsReasonRequired || !string.IsNullOrWhiteSpace(_reason))
        && (Kind != ConfirmKind.CannotBeUndone || _typed == NameToType);

    private string ButtonClass => Kind switch
    {
        ConfirmKind.SafeDirection => "btn back",
        ConfirmKind.CannotBeUndone => "btn danger",
        _ => "btn primary",
    };

    protected override void OnParametersSet()
    {
        if (IsOpen && !_wasOpen)
            (_reason, _typed, _refused) = (Reason, "", null);
        _wasOpen = IsOpen;
    }

    private async Task ConfirmAsync()
    {
        if (!MayConfirm)
            return;

        _isBusy = true;
        try
        {
            _refused = await OnConfirm(_reason.Trim());
        }
        finally
        {
            _isBusy = false;
        }

        if (_refused is null)
            await CloseAsync();
    }

    private Task CloseAsync() => ChangedAsync(false);

    private Task ChangedAsync(bool isOpen) => IsOpenChanged.InvokeAsync(isOpen);
}
