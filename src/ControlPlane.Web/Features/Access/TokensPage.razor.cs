using ControlPlane.Domain.Identity;
using ControlPlane.Web.Shared;
using Microsoft.AspNetCore.Components;

namespace ControlPlane.Web.Features.Access;

/// <summary>What scripts sign in with.</summary>
public sealed partial class TokensPage(Reads reads, TimeProvider time)
{
    private static readonly IReadOnlyList<Crumb> _crumbs = SettingsTabs.Crumbs("Tokens");

    private Read<TokenList>? _tokens;
    private string _tokenName = "";
    private string _tokenRole = Role.Engineer.Name();
    private int _days = 90;
    private string? _secret;
    private string? _refused;
    private TokenRow? _revoking;

    [Inject] private TokenCommands Tokens { get; set; } = null!;

    [Inject] private Act Act { get; set; } = null!;

    protected override async Task OnInitializedAsync()
    {
        _tokens = reads.Of("tokens", ListAsync);
        if (!_tokens.HasValue)
            await _tokens.RunAsync();
    }

    private async Task<TokenList> ListAsync(CancellationToken cancel)
    {
        var (rows, denied) = await Act.DoAsync(actor => Tokens.ListAsync(actor, cancel));
        return new(rows ?? [], denied);
    }

    private async Task CreateAsync()
    {
        (var made, _refused) = await Act.DoAsync(actor => Tokens.CreateAsync(actor, _tokenName.Trim(), _tokenRole, time.GetUtcNow().AddDays(_days), CancellationToken.None));
        if (made is not null)
            (_secret, _tokenName) = (made.Token, "");
        await _tokens!.RunAsync();
    }

    private async Task<string?> RevokeAsync(string reason)
    {
        var (_, refused) = await Act.DoAsync(actor => Tokens.RevokeAsync(actor, Guid.Parse(_revoking!.Id), CancellationToken.None));
        await _tokens!.RunAsync();
        return refused;
    }

    /// <param name="Denied">Why nothing is shown; null: it is.</param>
    private sealed record TokenList(IReadOnlyList<TokenRow> Rows, string? Denied);
}
