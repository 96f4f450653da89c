using System.Text;
using ControlPlane.Data.Tests.Kit;
using ControlPlane.Domain.Primitives;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Time.Testing;

namespace ControlPlane.Data.Tests;

/// <summary>Commands with an idempotency key, as the database keeps them.</summary>
public sealed class CommandAnswersTests(Databases databases)
{
    private const string Body = "body";
    private static readonly string _id = new('a', 64);
    private readonly FakeTimeProvider _time = new(Some.Noon);

    public static TheoryData<string> Providers => Databases.Providers;

    [Theory, MemberData(nameof(Providers))]
    public async Task F18_Of_many_that_come_at_once_one_carries_it_out_and_its_answer_is_kept_for_a_day(string provider)
    {
        await using var database = await databases.MakeAsync(provider);
        var answers = new CommandAnswers(database, _time);

        var claims = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => answers.ClaimAsync(_id, Body, CancellationToken.None))));
        await answers.AnsweredAsync(new CommandAnswer { Id = _id, Fingerprint = Body, CreatedAt = Some.Noon, Status = 201, ContentType = "application/json", Body = Encoding.UTF8.GetBytes("{}") });
        _time.Advance(TimeSpan.FromHours(23));
        var later = await answers.ClaimAsync(_id, Body, CancellationToken.None);
        _time.Advance(TimeSpan.FromHours(2));
        var nextDay = await answers.ClaimAsync(_id, Body, CancellationToken.None);

        Assert.Single(claims, claim => claim is null);
        Assert.Equal((201, "application/json", "{}"), (later!.Status, later.ContentType, Encoding.UTF8.GetString(later.Body!)));
        Assert.Null(nextDay);
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task F18_What_changed_something_is_never_carried_out_again_though_its_answer_was_lost(string provider)
    {
        await using var database = await (await databases.MakeAsync(provider)).WithProductionAsync();
        var answers = new CommandAnswers(database, _time);
        await answers.ClaimAsync(_id, Body, CancellationToken.None);

        await Task.Run(async () =>
        {
            CommandAnswers.Begin(_id);
            await database.ChangeAsync<Done>(db =>
            {
                db.Audit(Some.Person, "something", "target", Some.Noon);
                return Task.FromResult<Outcome<Done>>(default(Done));
            }, CancellationToken.None);
        });
        await answers.ForgetAsync(_id);
        _time.Advance(TimeSpan.FromHours(1));

        Assert.True((await answers.ClaimAsync(_id, Body, CancellationToken.None))!.IsCarriedOut);
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task F18_What_came_to_nothing_may_be_sent_again(string provider)
    {
        await using var database = await databases.MakeAsync(provider);
        var answers = new CommandAnswers(database, _time);
        await answers.ClaimAsync(_id, Body, CancellationToken.None);
        await answers.ForgetAsync(_id);
        var again = await answers.ClaimAsync(_id, Body, CancellationToken.None);
        // That process died: nothing was changed and nobody answered.
        _time.Advance(TimeSpan.FromMinutes(6));

        Assert.Null(again);
        Assert.Null(await answers.ClaimAsync(_id, Body, CancellationToken.None));
        await using var db = database.CreateDbContext();
        Assert.Equal(1, await db.CommandAnswers.CountAsync());
    }
}
