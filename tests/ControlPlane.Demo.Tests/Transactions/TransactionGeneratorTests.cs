using ControlPlane.Demo.Transactions;

namespace ControlPlane.Demo.Tests.Transactions;

public sealed class TransactionGeneratorTests
{
    [Fact]
    public void The_same_seed_gives_the_same_payments()
    {
        var one = new TransactionGenerator(3).Take(500).ToList();
        var other = new TransactionGenerator(3).Take(500).ToList();

        Assert.Equal(one.SelectMany(row => row.Features), other.SelectMany(row => row.Features));
        Assert.Equal(one.Select(row => row.IsFraud), other.Select(row => row.IsFraud));
        Assert.NotEqual(one[0].Features, new TransactionGenerator(4).Next().Features);
    }

    // The table of docs/demo.md.
    [Theory]
    [InlineData(10, 12, 0, false, 0, 0, 1, 400, -6.4)]
    [InlineData(10, 12, 0.5, false, 0, 0, 1, 400, -4.4)]
    [InlineData(121, 12, 0, false, 0, 0, 1, 400, -4.8)]
    [InlineData(10, 4, 0, false, 0, 0, 1, 400, -4.6)]
    [InlineData(10, 5, 0, false, 0, 0, 1, 400, -6.4)]
    [InlineData(10, 12, 0, true, 0, 0, 1, 400, -5.8)]
    [InlineData(10, 12, 0, false, 61, 0, 1, 400, -3.4)]
    [InlineData(10, 12, 0, false, 0, 8, 1, 400, -3.6)]
    [InlineData(10, 12, 0, false, 0, 0, 2.6, 400, -3.8)]
    [InlineData(10, 12, 0, false, 0, 0, 1, 44, -5.0)]
    [InlineData(10, 12, 0.6, true, 0, 0, 2.6, 400, 1.2)]
    public void The_rules_add_what_the_documentation_says(double amount, int hour, double risk, bool online, double km, int count, double ratio, int age, double logOdds) =>
        Assert.Equal(logOdds, TransactionGenerator.LogOdds(amount, hour, risk, online, km, count, ratio, age), 1e-9);

    [Fact]
    public void Features_stay_in_their_ranges()
    {
        var rows = new TransactionGenerator(5).Take(20_000).Select(row => row.Features).ToList();

        Assert.All(rows, row =>
        {
            Assert.InRange(row[0], 0, 20_000);
            Assert.InRange(row[1], 0, 23);
            Assert.InRange(row[2], 0, 1);
            Assert.True(row[3] is 0 or 1);
            Assert.InRange(row[4], 0, 20_000);
            Assert.InRange(row[5], 0, 40);
            Assert.InRange(row[6], 0, 100);
            Assert.InRange(row[7], 1, 1801);
        });
    }
}
