using ControlPlane.Web.Shared;
using Microsoft.AspNetCore.Components;

namespace ControlPlane.Web.Features.Access;

/// <summary>Switches codes of an authenticator app on and off.</summary>
public sealed partial class SecondFactorForm
{
    private Enrolment? _enrolment;
    private IReadOnlyList<string>? _codes;
    private string _code = "";
    private string? _refused;
    private bool _isRemoving;

    [Parameter, EditorRequired] public AccountState State { get; set; } = null!;

    [Parameter] public EventCallback OnChanged { get; set; }

    [Inject] private AccountCommands Commands { get; set; } = null!;

    [Inject] private Act Act { get; set; } = null!;

    private async Task BeginAsync() => (_enrolment, _refused) = await Act.DoAsync(actor => Commands.BeginSecondFactorAsync(actor, CancellationToken.None));

    private async Task ConfirmAsync()
    {
        (_codes, _refused) = await Act.DoAsync(actor => Commands.ConfirmSecondFactorAsync(actor, _code, CancellationToken.None));
        _code = "";
    }

    private Task DoneAsync()
    {
        (_codes, _enrolment) = (null, null);
        return OnChanged.InvokeAsync();
    }

    private async Task<string?> RemoveAsync(string reason)
    {
        var (_, refused) = await Act.DoAsync(actor => Commands.RemoveSecondFactorAsync(actor, CancellationToken.None));
        if (refused is null)
            await OnChanged.InvokeAsync();
        return refused;
    }
}
