using System.Globalization;
using System.Security.Cryptography;
using ControlPlane.Data;
using ControlPlane.Data.Identity;
using ControlPlane.Domain.Identity;
using ControlPlane.Domain.Nodes;
using ControlPlane.Domain.Primitives;
using ControlPlane.Web.Features.Access;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.Routing;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Serving.Contracts.Joining;
using Testing;
using Secret = Serving.Contracts.Joining.Token;

namespace ControlPlane.Web.Tests.Kit;

/// <summary>The whole control plane inside the test's process, so that its endpoints can be counted; one account of each kind exists in it.</summary>
public sealed class HostedControlPlane : IAsyncLifetime
{
    public const string Password = "correct horse battery";

    /// <summary>Written from time to time for whoever asked: no change that somebody made.</summary>
    private const string LastUse = "LastUsedAt";

    private static readonly DateTimeOffset _later = new(2099, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly string _place = Directory.CreateTempSubdirectory("control-plane-hosted-").FullName;
    private readonly Dictionary<string, string> _credentials = [];
    private readonly Host _host;

    public HostedControlPlane()
        : this(_ => { })
    {
    }

    /// <param name="change">Puts something of the test in the place of something of the product.</param>
    /// <param name="postgres">Connection to a database of PostgreSQL; null: a file of SQLite.</param>
    internal HostedControlPlane(Action<IServiceCollection> change, string? postgres = null) => _host = new Host(Path.Combine(_place, "data"), change, postgres);

    /// <summary>Everybody that can ask: the order of the columns of the table.</summary>
    public static IReadOnlyList<string> Callers { get; } = ["anon", "viewer", "engineer", "releaser", "admin", "token", "node"];

    public IServiceProvider Services => _host.Services;

    public IReadOnlyList<Microsoft.AspNetCore.Http.Endpoint> Endpoints => Services.GetRequiredService<EndpointDataSource>().Endpoints;

    public static string EmailOf(string role) => $"{role}@example.org";

    /// <param name="caller">One of <see cref="Callers"/>.</param>
    public HttpClient As(string caller)
    {
        var client = _host.CreateClient(new WebApplicationFactoryClientOptions { AllowAutoRedirect = false, HandleCookies = false });
        if (_credentials.TryGetValue(caller, out var credential))
            client.DefaultRequestHeaders.Authorization = new("Bearer", credential);
        return client;
    }

    public ControlPlaneDb Open() => Services.GetRequiredService<IDbContextFactory<ControlPlaneDb>>().CreateDbContext();

    public async ValueTask InitializeAsync()
    {
        await using var scope = Services.CreateAsyncScope();
        var people = scope.ServiceProvider.GetRequiredService<UserManager<Person>>();
        await using var db = Open();
        foreach (var role in Roles.All)
        {
            var email = EmailOf(role.Name());
            await people.CreateAsync(new Person { UserName = email, Email = email, Role = role.Name() }, Password);
            db.ApiTokens.Add(TokenRow(role.Name(), "session", TokenKinds.Session, Role.Viewer, email));
        }

        db.ApiTokens.Add(TokenRow("token", "ci", TokenKinds.Token, Role.Admin, EmailOf("admin")));
        _credentials["node"] = Secret.New(Secret.Node);
        db.Nodes.Add(new Node
        {
            Id = NodeId.New(_later), Name = "node-1", Kind = JoinRequest.Node, Environment = "production", Pool = "default", CredentialHash = Secret.HashOf(_credentials["node"]), JoinedAt = _later,
        });
        await db.SaveChangesAsync();
    }

    /// <summary>Until what earlier changes left to be done is done, so that it does not look like a change of what comes now.</summary>
    public Task SettledAsync() => Eventually.TrueAsync(
        async () =>
        {
            await using var db = Open();
            return !await db.PendingEffects.AnyAsync();
        },
        TimeSpan.FromSeconds(20),
        "nothing is left to be done");

    /// <summary>Every row of every table but the audit, and every file in the data folder and around it, so that "nothing changed" can be said.</summary>
    public async Task<string> SnapshotAsync()
    {
        await using var db = Open();
        await using var connection = new SqliteConnection(db.Database.GetConnectionString());
        await connection.OpenAsync();
        var tables = await RowsAsync(connection, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'Audit%' AND name <> 'sqlite_sequence' ORDER BY name");
        var all = new List<string>();
        foreach (var table in tables)
            all.AddRange((await RowsAsync(connection, $"SELECT * FROM \"{table}\"")).Order(StringComparer.Ordinal).Select(row => $"{table}: {row}"));
        return string.Join('\n', all.Concat(Files()));
    }

    /// <summary>The database's own files hold the rows, and more that changes by itself.</summary>
    private IEnumerable<string> Files() => Directory.EnumerateFiles(_place, "*", SearchOption.AllDirectories)
        .Where(file => !Path.GetFileName(file).StartsWith("controlplane.db", StringComparison.Ordinal))
        .Order(StringComparer.Ordinal)
        .Select(file => $"{Path.GetRelativePath(_place, file)}: {Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file)))}");

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        SqliteConnection.ClearAllPools();
        Directory.Delete(_place, recursive: true);
    }

    private static async Task<List<string>> RowsAsync(SqliteConnection connection, string query)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = query;
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<string>();
        while (await reader.ReadAsync())
            rows.Add(string.Join('|', Enumerable.Range(0, reader.FieldCount).Where(at => reader.GetName(at) != LastUse).Select(at => Convert.ToString(reader.GetValue(at), CultureInfo.InvariantCulture))));
        return rows;
    }

    private ApiToken TokenRow(string caller, string name, string kind, Role role, string by)
    {
        _credentials[caller] = Secret.New(Secret.Person);
        return new ApiToken { Id = TokenId.New(_later), Name = name, Hash = Secret.HashOf(_credentials[caller]), Role = role.Name(), Kind = kind, CreatedBy = by, CreatedAt = _later, ExpiresAt = _later };
    }

    private sealed class Host(string data, Action<IServiceCollection> change, string? postgres) : WebApplicationFactory<Program>
    {
        protected override void ConfigureWebHost(IWebHostBuilder builder)
        {
            builder.UseSetting("Data:Directory", data);
            builder.UseSetting("urls", "http://localhost");
            if (postgres is not null)
            {
                builder.UseSetting("Database:Provider", "PostgreSql");
                builder.UseSetting("Database:ConnectionString", postgres);
            }

            // A server in memory has no limit of its own for bodies, and says so at every request.
            builder.ConfigureLogging(logging => logging.AddFilter("Microsoft.AspNetCore.Routing.EndpointRoutingMiddleware", LogLevel.Error));
            builder.ConfigureServices(change);
        }
    }
}
