using System.Security.Claims;
using ControlPlane.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;

namespace ControlPlane.Web.Features.Access;

/// <summary>How do I sign in, and where am I signed in?</summary>
public sealed partial class AccountPage(AuthenticationStateProvider who, NavigationManager navigation)
{
    private string? _name;
    private string? _role;
    private AccountState? _state;
    private string? _denied;
    private string _current = "";
    private string _next = "";
    private string? _refused;
    private bool _isEnding;

    [Inject] private AccountCommands Account { get; set; } = null!;

    [Inject] private Act Act { get; set; } = null!;

    protected override async Task OnInitializedAsync()
    {
        var user = (await who.GetAuthenticationStateAsync()).User;
        (_name, _role) = (user.Identity?.Name, user.FindFirstValue(ClaimTypes.Role));
        await ReadAsync();
    }

    private async Task ReadAsync() => (_state, _denied) = await Act.DoAsync(actor => Account.ReadAsync(actor, CancellationToken.None));

    private async Task ChangePasswordAsync()
    {
        (_, _refused) = await Act.DoAsync(actor => Account.ChangePasswordAsync(actor, _current, _next, CancellationToken.None));
        (_current, _next) = ("", "");
        if (_refused is null)
            navigation.NavigateTo("sign-in?error=PasswordChanged", forceLoad: true);
    }

    private async Task<string?> EndAsync(string reason)
    {
        var (_, refused) = await Act.DoAsync(actor => Account.EndSessionsAsync(actor, CancellationToken.None));
        if (refused is null)
            navigation.NavigateTo("sign-in?error=SessionsEnded", forceLoad: true);
        return refused;
    }
}
