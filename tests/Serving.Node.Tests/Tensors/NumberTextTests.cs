using System.Globalization;
using System.Text;
using CsCheck;
using Serving.Node.Tensors;

namespace Serving.Node.Tests.Tensors;

/// <summary>Against the platform's own parser, bit by bit.</summary>
public sealed class NumberTextTests
{
    private const int Samples = 200_000;

    [Theory]
    [InlineData("0")]
    [InlineData("-0")]
    [InlineData("-0.0")]
    [InlineData("1")]
    [InlineData("13.25")]
    [InlineData("0.1")]
    [InlineData("-123456.789")]
    [InlineData("9007199254740992")]
    [InlineData("0.0000000000000000000001")]
    [InlineData("16777217")] // between two floats
    [InlineData("16777219")]
    [InlineData("8388608.5")]
    [InlineData("3.4028234")]
    public void Known_numbers_are_read_to_the_bit(string text) => Compare(text);

    [Theory]
    [InlineData("1e5")]
    [InlineData("1E-5")]
    [InlineData("9007199254740993")]
    [InlineData("0.00000000000000000000001")]
    [InlineData("123456789012345678901234567890")]
    public void What_could_be_rounded_twice_is_left_to_the_platform(string text) => Assert.False(NumberText.TryRead(Encoding.ASCII.GetBytes(text), out double _));

    [Fact]
    public void Decimals_of_any_length_are_read_to_the_bit() =>
        Gen.Select(Gen.Long[-(1L << 54), 1L << 54], Gen.Int[0, 24]).Sample((digits, decimals) =>
        {
            var all = Math.Abs((decimal)digits).ToString(CultureInfo.InvariantCulture).PadLeft(decimals + 1, '0');
            Compare($"{(digits < 0 ? "-" : "")}{all[..^decimals]}{(decimals == 0 ? "" : ".")}{all[^decimals..]}");
        }, iter: Samples);

    [Fact]
    public void Floats_as_they_are_printed_are_read_back() =>
        Gen.Int.Select(BitConverter.Int32BitsToSingle).Where(float.IsFinite).Sample(value => Compare(value.ToString("R", CultureInfo.InvariantCulture)), iter: Samples);

    [Fact]
    public void Halfway_between_two_floats_is_read_to_the_even_one() =>
        Gen.Int[1 << 23, (1 << 24) - 1].Sample(mantissa => Compare($"{mantissa}.5"), iter: Samples);

    private static void Compare(string text)
    {
        var utf8 = Encoding.ASCII.GetBytes(text);
        if (NumberText.TryRead(utf8, out double wide))
            Assert.Equal(BitConverter.DoubleToInt64Bits(double.Parse(text, CultureInfo.InvariantCulture)), BitConverter.DoubleToInt64Bits(wide));
        if (NumberText.TryRead(utf8, out float narrow))
            Assert.Equal(BitConverter.SingleToInt32Bits(float.Parse(text, CultureInfo.InvariantCulture)), BitConverter.SingleToInt32Bits(narrow));
    }
}
