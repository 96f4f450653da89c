using Bunit;
using Bunit.TestDoubles;
using ControlPlane.Data;
using ControlPlane.Data.Identity;
using ControlPlane.Domain.Identity;
using ControlPlane.Domain.Primitives;
using ControlPlane.Web.Features.Access;
using ControlPlane.Web.Features.Audit;
using ControlPlane.Web.Features.Endpoints;
using ControlPlane.Web.Features.Nodes;
using ControlPlane.Web.Features.Registry;
using ControlPlane.Web.Features.Rollouts;
using ControlPlane.Web.Layout;
using ControlPlane.Web.Live;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Identity;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using MudBlazor.Services;

namespace ControlPlane.Web.Tests.Pages;

/// <summary>Pages over a real database in memory, with a clock the test moves.</summary>
public sealed class PageContext : BunitContext
{
    public static readonly DateTimeOffset Noon = new(2026, 5, 3, 12, 0, 0, TimeSpan.Zero);

    public const string Me = "priya@northwind.example";

    private readonly SqliteConnection _open;

    public PageContext()
    {
        var name = $"DataSource=file:{Guid.CreateVersion7():N}?mode=memory&cache=shared";
        _open = new SqliteConnection(name);
        _open.Open();
        Services.AddSingleton<TimeProvider>(Time);
        Services.AddDbContextFactory<ControlPlaneDb>(options => options.UseSqlite(name).UseControlPlane(DatabaseSetup.Sqlite));
        Services.AddMudServices();
        Services.AddPageParts();
        Services.AddSingleton<Frames>().AddSingleton<NodeReports>().AddSingleton<Wakes>().AddSingleton<Fleet>().AddSingleton<EndpointCommands>().AddSingleton<EnvironmentCommands>().AddSingleton<ModelCommands>();
        Services.AddSingleton<NodeConnections>().AddSingleton<JoinGuesses>().AddScoped<JoinCommands>().AddScoped<NodeCommands>().AddSingleton<GateLooks>().AddScoped<RolloutCommands>().AddSingleton<PlanCommands>().AddScoped<TokenCommands>().AddScoped<PeopleCommands>().AddSingleton<AuditReader>();
        Services.AddLogging().AddDataProtection();
        Services.AddSignalR();
        Services.AddHttpContextAccessor().AddScoped<SignInCommands>().AddScoped<PersonSessions>().AddScoped<SecondFactor>().AddSingleton<AccountCommands>().AddSingleton<SetupLink>();
        Services.AddAuthentication();
        Services.AddIdentityCore<Person>().AddEntityFrameworkStores<ControlPlaneDb>().AddSignInManager().AddTokenProvider<DataProtectorTokenProvider<Person>>(TokenOptions.DefaultProvider);
        AddBunitPersistentComponentState();
        Who = AddAuthorization();
        Who.SetAuthorized(Me);
        JSInterop.Mode = JSRuntimeMode.Loose;
        SetRendererInfo(new RendererInfo("Server", isInteractive: true));
        Change(db => db.Database.EnsureCreated());
        Change(db => db.Users.Add(PersonOf(Me, Role.Admin)));
    }

    public static Person PersonOf(string email, Role role) =>
        new() { UserName = email, NormalizedUserName = email.ToUpperInvariant(), Email = email, NormalizedEmail = email.ToUpperInvariant(), Role = role.Name(), CreatedAt = Noon };

    /// <summary>From now on I am this, whatever I was when the page was opened.</summary>
    public void Become(Role role) => Change(db => db.Users.Single(person => person.UserName == Me).Role = role.Name());

    public BunitAuthorizationContext Who { get; }

    public FakeTimeProvider Time { get; } = new(Noon);

    public NavigationManager Navigation => Services.GetRequiredService<NavigationManager>();

    public T Read<T>(Func<ControlPlaneDb, T> read)
    {
        using var db = Services.GetRequiredService<IDbContextFactory<ControlPlaneDb>>().CreateDbContext();
        return read(db);
    }

    public void Change(Action<ControlPlaneDb> change)
    {
        using var db = Services.GetRequiredService<IDbContextFactory<ControlPlaneDb>>().CreateDbContext();
        change(db);
        db.SaveChanges();
    }

    public static T Value<T>(Outcome<T> outcome) => outcome.TryGet(out var value, out var refusal) ? value : throw new InvalidOperationException(refusal.Message);

    protected override async ValueTask DisposeAsyncCore()
    {
        await base.DisposeAsyncCore();
        await _open.DisposeAsync();
    }
}
