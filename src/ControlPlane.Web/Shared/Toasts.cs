using MudBlazor;

namespace ControlPlane.Web.Shared;

/// <summary>Short word on something that ended in the background. Errors stay until closed and are said elsewhere as well.</summary>
public sealed class Toasts(ISnackbar snackbar)
{
    public void Done(string text) => snackbar.Add(text, Severity.Success, options => options.VisibleStateDuration = 6000);

    public void Failed(string text) => snackbar.Add(text, Severity.Error, options => options.RequireInteraction = true);
}
