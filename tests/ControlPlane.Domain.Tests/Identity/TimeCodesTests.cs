using System.Text;
using ControlPlane.Domain.Identity;

namespace ControlPlane.Domain.Tests.Identity;

/// <summary>Numbers of RFC 6238, appendix B (the last six of its eight digits), and RFC 4648.</summary>
public sealed class TimeCodesTests
{
    private static readonly byte[] _key = Encoding.ASCII.GetBytes("12345678901234567890");

    [Theory]
    [InlineData(59, "287082"), InlineData(1111111109, "081804"), InlineData(1111111111, "050471"), InlineData(1234567890, "005924"), InlineData(2000000000, "279037"), InlineData(20000000000, "353130")]
    public void Codes_are_those_of_the_standard(long seconds, string code) => Assert.Equal(code, TimeCodes.CodeAt(_key, DateTimeOffset.FromUnixTimeSeconds(seconds)));

    [Fact]
    public void H15_A_code_counts_for_a_step_around_its_own_and_not_when_used_up()
    {
        var at = DateTimeOffset.FromUnixTimeSeconds(1111111111);
        var code = TimeCodes.CodeAt(_key, at);
        var step = TimeCodes.StepOf(_key, code, at, after: 0);

        Assert.NotNull(step);
        Assert.Equal(step, TimeCodes.StepOf(_key, code, at.AddSeconds(30), after: 0));
        Assert.Null(TimeCodes.StepOf(_key, code, at.AddSeconds(90), after: 0));
        Assert.Null(TimeCodes.StepOf(_key, code, at, after: step.Value));
        Assert.Null(TimeCodes.StepOf(_key, "05047", at, after: 0));
    }

    [Fact]
    public void Apps_get_the_key_in_letters() => Assert.Equal("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", TimeCodes.Base32(_key));
}
