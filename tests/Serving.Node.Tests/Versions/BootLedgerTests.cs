using Microsoft.Extensions.Time.Testing;
using Serving.Contracts.Reports;
using Serving.Node.Hosting;
using Serving.Node.Versions;

namespace Serving.Node.Tests.Versions;

public sealed class BootLedgerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ledger-").FullName;
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    [Fact]
    public void F62_The_third_crash_during_a_load_quarantines_that_release_and_no_other()
    {
        Crash(served: "rel-good", loading: "rel-bad");
        Crash(served: "rel-good", loading: "rel-bad");
        var afterTwo = Start().Quarantined;
        Crash(served: "rel-good", loading: "rel-bad");

        Assert.Empty(afterTwo);
        Assert.Equal(("rel-bad", RejectionReasons.CrashLoop), (Assert.Single(Start().Quarantined).Release, Start().Quarantined[0].Reason));
    }

    [Fact]
    public void Crashes_in_service_are_held_against_the_release_that_is_not_proven()
    {
        var first = Start();
        first.Mark("rel-old");
        first.LoadEnded("rel-old");
        first.Prove(["rel-old"]);
        Crash(["rel-old", "rel-new"]);
        Crash(["rel-new", "rel-old"]);
        Crash(["rel-old", "rel-new"]);

        Assert.Equal("rel-new", Assert.Single(Start().Quarantined).Release);
    }

    [Fact]
    public void Crashes_more_than_ten_minutes_apart_are_no_loop()
    {
        Crash(served: "rel-good", loading: "rel-bad");
        Crash(served: "rel-good", loading: "rel-bad");
        _ = Start();
        _time.Advance(TimeSpan.FromMinutes(11));
        Crash(served: "rel-good", loading: "rel-bad");

        Assert.Empty(Start().Quarantined);
    }

    [Fact]
    public void A_stop_in_good_order_is_no_crash()
    {
        for (var stop = 0; stop < 5; stop++)
        {
            var ledger = Start();
            ledger.Mark("rel-1");
            ledger.Clear();
        }

        Assert.Empty(Start().Quarantined);
    }

    [Fact]
    public void A_quarantine_outlives_the_process_until_it_is_forgiven()
    {
        Start().Quarantine("rel-1", RejectionReasons.ProbeCrashed);
        var kept = Start();
        var reason = kept.QuarantineOf("rel-1")?.Reason;
        kept.Forgive();

        Assert.Equal(RejectionReasons.ProbeCrashed, reason);
        Assert.Null(Start().QuarantineOf("rel-1"));
    }

    [Fact]
    public void A_damaged_ledger_is_an_empty_one()
    {
        File.WriteAllText(Path.Combine(_folder, "ledger.json"), "{\"Marked\":");

        Assert.Empty(Start().Quarantined);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private BootLedger Start() => new(new NodePaths(new NodeOptions { CacheDirectory = _folder }), _time);

    private void Crash(string served, string loading)
    {
        var ledger = Start();
        ledger.Mark(served);
        ledger.LoadEnded(served);
        ledger.Mark(loading);
    }

    private void Crash(string[] served)
    {
        var ledger = Start();
        foreach (var release in served)
        {
            ledger.Mark(release);
            ledger.LoadEnded(release);
        }
    }
}
