using System.Net;
using System.Net.Http.Json;
using ControlPlane.Data.Identity;
using ControlPlane.Web.Features.Access;
using ControlPlane.Web.Tests.Kit;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace ControlPlane.Web.Tests.Access;

/// <summary>Who tries passwords.</summary>
public sealed class GuessingTests : IAsyncLifetime
{
    private readonly CountingHasher _hasher = new();
    private readonly HostedControlPlane _hosted;

    public GuessingTests() => _hosted = new(services => services.Replace(ServiceDescriptor.Scoped<IPasswordHasher<Person>>(_ => _hasher)));

    public ValueTask InitializeAsync() => _hosted.InitializeAsync();

    public ValueTask DisposeAsync() => _hosted.DisposeAsync();

    [Fact]
    public async Task H04_Five_wrong_passwords_lock_the_account_and_say_nothing_new()
    {
        var wrong = await TryOneAfterTheOtherAsync(5, "viewer@example.org", "not this one at all");

        var right = await TryAsync("viewer@example.org", HostedControlPlane.Password);

        Assert.All(wrong.Append(right), answer => Assert.Equal((HttpStatusCode.Unauthorized, "SignInFailed"), answer));
        await using var db = _hosted.Open();
        Assert.Equal(6, db.AuditEntries.Count(row => row.Action == "auth.failed" && row.Outcome == "denied"));
    }

    [Fact]
    public async Task H04_Many_accounts_from_one_address_are_slowed_down()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 25).Select(number => TryAsync($"person{number}@example.org", "password1234")));

        Assert.Contains((HttpStatusCode.TooManyRequests, "TooManyRequests"), answers);
    }

    [Theory]
    [InlineData("nobody@example.org"), InlineData("viewer@example.org"), InlineData("disabled@example.org")]
    public async Task H05_Each_try_costs_one_hash_whoever_is_meant(string email)
    {
        await using var scope = _hosted.Services.CreateAsyncScope();
        await scope.ServiceProvider.GetRequiredService<UserManager<Person>>().CreateAsync(
            new Person { UserName = "disabled@example.org", Email = "disabled@example.org", DisabledAt = DateTimeOffset.UnixEpoch }, HostedControlPlane.Password);
        var before = _hasher.Count;

        await scope.ServiceProvider.GetRequiredService<SignInCommands>().CheckAsync(email, "not this one at all", null, CancellationToken.None);

        Assert.Equal(before + 1, _hasher.Count);
    }

    [Fact]
    public async Task H04_After_the_time_the_right_password_counts_again()
    {
        await TryOneAfterTheOtherAsync(5, "viewer@example.org", "not this one at all");
        await using var db = _hosted.Open();
        var locked = db.Users.Single(person => person.Email == "viewer@example.org");
        var until = locked.LockoutEnd!.Value;
        locked.LockoutEnd = DateTimeOffset.UnixEpoch;
        await db.SaveChangesAsync();

        var after = await _hosted.As("anon").PostAsJsonAsync("/api/v1/session", new { email = "viewer@example.org", password = HostedControlPlane.Password });

        Assert.InRange(until - TimeProvider.System.GetUtcNow(), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(15));
        Assert.Equal(HttpStatusCode.OK, after.StatusCode);
        Assert.Equal(1, db.AuditEntries.Count(row => row.Action == "auth.locked"));
    }

    private async Task<List<(HttpStatusCode, string?)>> TryOneAfterTheOtherAsync(int count, string email, string password)
    {
        var answers = new List<(HttpStatusCode, string?)>();
        while (answers.Count < count)
            answers.Add(await TryAsync(email, password));
        return answers;
    }

    private async Task<(HttpStatusCode, string?)> TryAsync(string email, string password)
    {
        using var client = _hosted.As("anon");
        using var answer = await client.PostAsJsonAsync("/api/v1/session", new { email, password });
        return (answer.StatusCode, await answer.CodeAsync());
    }

    private sealed class CountingHasher() : PasswordHasher<Person>(Options.Create(new PasswordHasherOptions { IterationCount = 1_000 }))
    {
        private int _count;

        public int Count => _count;

        public override string HashPassword(Person user, string password)
        {
            Interlocked.Increment(ref _count);
            return base.HashPassword(user, password);
        }

        public override PasswordVerificationResult VerifyHashedPassword(Person user, string hashedPassword, string providedPassword)
        {
            Interlocked.Increment(ref _count);
            return base.VerifyHashedPassword(user, hashedPassword, providedPassword);
        }
    }
}
