using Bunit;
using ControlPlane.Data;
using ControlPlane.Domain.Primitives;
using ControlPlane.Web.Features.Endpoints;
using ControlPlane.Web.Features.Registry;
using ControlPlane.Web.Layout;
using ControlPlane.Web.Live;
using Microsoft.AspNetCore.Components;
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
        Services.AddSingleton<Frames>().AddSingleton<NodeReports>().AddSingleton<Wakes>().AddSingleton<Fleet>().AddSingleton<EndpointCommands>().AddSingleton<ModelCommands>();
        AddBunitPersistentComponentState();
        AddAuthorization().SetAuthorized("priya@northwind.example");
        JSInterop.Mode = JSRuntimeMode.Loose;
        SetRendererInfo(new RendererInfo("Server", isInteractive: true));
        Change(db => db.Database.EnsureCreated());
    }

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
