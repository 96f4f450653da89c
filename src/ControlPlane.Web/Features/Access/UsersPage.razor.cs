using ControlPlane.Domain.Identity;
using ControlPlane.Web.Shared;
using Microsoft.AspNetCore.Components;

namespace ControlPlane.Web.Features.Access;

/// <summary>Who may sign in, and as what?</summary>
public sealed partial class UsersPage(Reads reads, NavigationManager navigation)
{
    private static readonly IReadOnlyList<Crumb> _crumbs = SettingsTabs.Crumbs("Users");

    private Read<PeopleList>? _people;
    private string _email = "";
    private string _role = Role.Engineer.Name();
    private string? _invited;
    private string? _link;
    private string? _notInvited;
    private string? _refused;
    private PersonRow? _disabling;

    [Inject] private PeopleCommands People { get; set; } = null!;

    [Inject] private Act Act { get; set; } = null!;

    protected override async Task OnInitializedAsync()
    {
        _people = reads.Of("people", ListAsync);
        if (!_people.HasValue)
            await _people.RunAsync();
    }

    private async Task<PeopleList> ListAsync(CancellationToken cancel)
    {
        var (rows, denied) = await Act.DoAsync(actor => People.ListAsync(actor, cancel));
        return new(rows ?? [], denied);
    }

    private async Task InviteAsync()
    {
        (var made, _notInvited) = await Act.DoAsync(actor => People.InviteAsync(actor, _email, _role, CancellationToken.None));
        if (made is not null)
            (_link, _invited, _email) = (navigation.BaseUri.TrimEnd('/') + made.Path, made.Email, "");
        await _people!.RunAsync();
    }

    private async Task ChangeRoleAsync(PersonRow person, string? role)
    {
        (_, _refused) = await Act.DoAsync(actor => People.ChangeRoleAsync(actor, person.Email, role, CancellationToken.None));
        await _people!.RunAsync();
    }

    private async Task EnableAsync(PersonRow person)
    {
        (_, _refused) = await Act.DoAsync(actor => People.EnableAsync(actor, person.Email, CancellationToken.None));
        await _people!.RunAsync();
    }

    private async Task<string?> DisableAsync(string reason)
    {
        var (_, refused) = await Act.DoAsync(actor => People.DisableAsync(actor, _disabling!.Email, CancellationToken.None));
        await _people!.RunAsync();
        return refused;
    }

    /// <param name="Denied">Why nothing is shown; null: it is.</param>
    private sealed record PeopleList(IReadOnlyList<PersonRow> Rows, string? Denied);
}
