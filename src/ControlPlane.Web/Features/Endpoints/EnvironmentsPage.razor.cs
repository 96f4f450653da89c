using ControlPlane.Data;
using ControlPlane.Domain.Identity;
using ControlPlane.Web.Features.Access;
using ControlPlane.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.EntityFrameworkCore;

namespace ControlPlane.Web.Features.Endpoints;

/// <summary>Which environments are there, and which of them need a second person?</summary>
public sealed partial class EnvironmentsPage(IDbContextFactory<ControlPlaneDb> factory, Reads reads, Toasts toasts)
{
    private static readonly IReadOnlyList<Crumb> _crumbs = SettingsTabs.Crumbs("Environments");

    private Read<IReadOnlyList<Row>>? _rows;
    private MayDo? _me;
    private Row? _changing;
    private int _people;
    private string _name = "";
    private bool _isProtected;
    private string? _refused;

    [Inject] private EnvironmentCommands Commands { get; set; } = null!;

    [Inject] private Act Act { get; set; } = null!;

    [Inject] private Standing Standing { get; set; } = null!;

    private bool IsRecent => _me?.IsRecent == true;

    private string Approvers => _people switch
    {
        0 => "Nobody can approve yet: that takes the role releaser or admin.",
        1 => "One person can approve. With a second one, protection makes sense.",
        _ => $"{_people} people can approve.",
    };

    protected override async Task OnInitializedAsync()
    {
        _me = await Standing.ReadAsync(CancellationToken.None);
        _rows = reads.Of("environments", ListAsync);
        if (!_rows.HasValue)
            await _rows.RunAsync();
        await CountPeopleAsync();
    }

    private async Task<IReadOnlyList<Row>> ListAsync(CancellationToken cancel)
    {
        await using var db = await factory.CreateDbContextAsync(cancel);
        return await db.Environments.AsNoTracking().OrderBy(row => row.Name).Take(EnvironmentCommands.Most)
            .Select(row => new Row(
                row.Name, row.Protected, row.Revision, db.Endpoints.Count(endpoint => endpoint.Environment == row.Name), db.Nodes.Count(node => node.Environment == row.Name && node.RevokedAt == null)))
            .ToListAsync(cancel);
    }

    private async Task CountPeopleAsync()
    {
        var roles = Roles.All.Where(role => Permissions.Allows(role, Permission.Approve, isGuarded: true)).Select(role => role.Name()).ToList();
        await using var db = await factory.CreateDbContextAsync();
        _people = await db.Users.CountAsync(person => person.DisabledAt == null && roles.Contains(person.Role));
    }

    private async Task CreateAsync()
    {
        (var made, _refused) = await Act.DoAsync(actor => Commands.CreateAsync(_name.Trim(), _isProtected, actor, CancellationToken.None));
        if (made is not null)
            (_name, _isProtected) = ("", false);
        await _rows!.RunAsync();
    }

    private async Task<string?> ProtectAsync(string reason)
    {
        var (changed, refused) = await Act.DoAsync(actor => Commands.ProtectAsync(_changing!.Name, !_changing.IsProtected, actor, CancellationToken.None));
        if (changed is not null)
            toasts.Done(changed.Protected ? $"{changed.Name} is protected" : $"{changed.Name} is not protected any more");
        await _rows!.RunAsync();
        return refused;
    }

    private sealed record Row(string Name, bool IsProtected, long Revision, int Endpoints, int Nodes);
}
