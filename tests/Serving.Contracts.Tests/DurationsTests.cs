namespace Serving.Contracts.Tests;

public sealed class DurationsTests
{
    [Theory]
    [InlineData("250us", 0.00025)]
    [InlineData("1ms", 0.001)]
    [InlineData("1.5s", 1.5)]
    [InlineData("10m", 600)]
    [InlineData("2h", 7_200)]
    [InlineData("7d", 604_800)]
    [InlineData("0s", 0)]
    public void Reads_a_number_and_a_unit(string text, double seconds) => Assert.Equal(seconds, Durations.Parse(text)!.Value.TotalSeconds, 9);

    [Theory]
    [InlineData("250us", "250us"), InlineData("1ms", "1ms"), InlineData("1.5s", "1500ms"), InlineData("60s", "1m"), InlineData("90m", "90m"), InlineData("24h", "1d"), InlineData("0s", "0us")]
    public void Writes_it_in_the_largest_unit_without_a_rest(string read, string written) => Assert.Equal(written, Durations.Write(Durations.Parse(read)!.Value));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("s")]
    [InlineData("-1s")]
    [InlineData("5")]
    [InlineData("1e3s")]
    [InlineData(" 5s")]
    [InlineData("5 s")]
    [InlineData("NaNs")]
    [InlineData("10001d")]
    [InlineData("99999999999999999999999999999999h")]
    public void What_has_another_form_is_no_duration(string? text) => Assert.Null(Durations.Parse(text));
}
