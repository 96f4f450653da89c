using ControlPlane.Domain.Identity;
using ControlPlane.Web.Hosting;
using ControlPlane.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using System.Security.Claims;

namespace ControlPlane.Web.Features.Access;

/// <summary>Who I am, and the tokens of scripts.</summary>
public sealed partial class AccountPage(Reads reads, TimeProvider time)
{
    private Read<IReadOnlyList<TokenRow>>? _tokens;
    private string? _name;
    private string? _role;
    private string _tokenName = "";
    private string _tokenRole = Roles.Engineer;
    private int _days = 90;
    private string? _secret;
    private string? _refused;
    private TokenRow? _revoking;

    [Inject] private TokenCommands Tokens { get; set; } = null!;

    [CascadingParameter] private Task<AuthenticationState>? Me { get; set; }

    protected override async Task OnInitializedAsync()
    {
        var user = await UserAsync();
        (_name, _role) = (user.Identity?.Name, user.FindFirstValue(ClaimTypes.Role));
        _tokens = reads.Of("tokens", Tokens.ListAsync);
        if (!_tokens.HasValue)
            await _tokens.RunAsync();
    }

    private async Task<ClaimsPrincipal> UserAsync() => Me is null ? new() : (await Me).User;

    private async Task CreateAsync()
    {
        var user = await UserAsync();
        if (!user.IsPerson())
            return;

        var outcome = await Tokens.CreateAsync(user.Actor(), _tokenName.Trim(), _tokenRole, time.GetUtcNow().AddDays(_days), CancellationToken.None);
        if (outcome.TryGet(out var made, out var refusal))
            (_secret, _refused, _tokenName) = (made.Token, null, "");
        else
            _refused = refusal.Message;
        await _tokens!.RunAsync();
    }

    private async Task<string?> RevokeAsync(string reason)
    {
        Actor actor = (await UserAsync()).Actor();
        var outcome = await Tokens.RevokeAsync(actor, Guid.Parse(_revoking!.Id), CancellationToken.None);
        await _tokens!.RunAsync();
        return outcome.TryGet(out _, out var refusal) ? null : refusal.Message;
    }
}
