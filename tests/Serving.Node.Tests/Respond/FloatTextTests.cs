using System.Globalization;
using System.Text;
using Serving.Node.Respond;

namespace Serving.Node.Tests.Respond;

public sealed class FloatTextTests
{
    [Theory]
    [InlineData(0f, "0")]
    [InlineData(1f, "1")]
    [InlineData(-2.5f, "-2.5")]
    [InlineData(0.1f, "0.1")]
    [InlineData(0.97314525f, "0.97314525")]
    [InlineData(0.0001f, "0.0001")]
    [InlineData(0.00012345678f, "0.00012345678")]
    [InlineData(9999999f, "9999999")]
    [InlineData(1024f, "1024")]
    [InlineData(0.03125f, "0.03125")]
    public void Writes_the_shortest_decimal(float value, string expected) => Assert.Equal(expected, Text(value));

    [Fact]
    public void Is_read_as_the_same_float_again_and_is_no_longer_than_the_platforms_own()
    {
        var random = new Random(7);
        for (var i = 0; i < 400_000; i++)
        {
            var value = (i % 4) switch
            {
                0 => BitConverter.Int32BitsToSingle(random.Next(int.MinValue, int.MaxValue)),
                1 => (float)random.NextDouble(),
                2 => MathF.Round((float)(random.NextDouble() * 1000), 3),
                // Around the powers of two the floats below are nearer than those above.
                _ => MathF.ScaleB(1, random.Next(-14, 24)) + (random.Next(3) - 1) * MathF.ScaleB(1, random.Next(-40, -1)),
            };
            if (!float.IsFinite(value))
                continue;

            var text = Text(value);

            Assert.True(BitConverter.SingleToInt32Bits(float.Parse(text, CultureInfo.InvariantCulture)) == BitConverter.SingleToInt32Bits(value), $"{value:R} was written as {text}");
            Assert.True(text.Length <= value.ToString("R", CultureInfo.InvariantCulture).Length || text.Contains('E', StringComparison.OrdinalIgnoreCase), $"{value:R} was written as {text}");
        }
    }

    private static string Text(float value)
    {
        Span<byte> into = stackalloc byte[FloatText.MostBytes];
        return Encoding.UTF8.GetString(into[..FloatText.Write(value, into)]);
    }
}
