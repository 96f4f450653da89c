using System.Diagnostics;
using ControlPlane.Web.Features.Access;
using ControlPlane.Web.Tests.Kit;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;

namespace ControlPlane.Web.Tests.Access;

/// <summary>Whether the time of an answer tells who exists.</summary>
public sealed class EnumerationTests : IAsyncLifetime
{
    private const int Tries = 100;

    // Never locked: the path of a person who exists is the one to compare.
    private readonly HostedControlPlane _hosted = new(services => services.Configure<IdentityOptions>(identity => identity.Lockout.MaxFailedAccessAttempts = int.MaxValue));

    public ValueTask InitializeAsync() => _hosted.InitializeAsync();

    public ValueTask DisposeAsync() => _hosted.DisposeAsync();

    /// <remarks>In turn, so that a busy machine slows both; CPU time is not used, since what a stranger sees is the clock.</remarks>
    [Fact]
    public async Task H05_Medians_of_200_tries_differ_by_less_than_a_tenth()
    {
        await TryAsync("viewer@example.org");
        var (known, unknown) = (new List<double>(Tries), new List<double>(Tries));
        while (known.Count < Tries)
        {
            known.Add(await TryAsync("viewer@example.org"));
            unknown.Add(await TryAsync("nobody@example.org"));
        }

        Assert.InRange(Median(known) / Median(unknown), 0.9, 1.1);
    }

    private static double Median(List<double> times) => times.Order().ElementAt(times.Count / 2);

    private async Task<double> TryAsync(string email)
    {
        await using var scope = _hosted.Services.CreateAsyncScope();
        var commands = scope.ServiceProvider.GetRequiredService<SignInCommands>();
        var start = Stopwatch.GetTimestamp();
        await commands.CheckAsync(email, "not this one at all", null, CancellationToken.None);
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }
}
