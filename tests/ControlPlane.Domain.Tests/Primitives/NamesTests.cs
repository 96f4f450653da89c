using ControlPlane.Domain.Primitives;

namespace ControlPlane.Domain.Tests.Primitives;

public sealed class NamesTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("fraud-v2")]
    [InlineData("x.y_z-0")]
    public void Takes_a_plain_name(string name) => Assert.Null(Names.Check("name", name));

    [Theory]
    [InlineData("<script>alert(1)</script>")]
    [InlineData("\"><img onerror")]
    [InlineData("../../x")]
    [InlineData("CON")]
    [InlineData("a\u202Eexe")]
    [InlineData("😀")]
    [InlineData("a\u200Bb")]
    [InlineData("a\0b")]
    [InlineData(".hidden")]
    [InlineData("...")]
    [InlineData("a..b")]
    [InlineData("a ")]
    [InlineData("a\n")]
    [InlineData("fr\u0430ud")]
    [InlineData("")]
    [InlineData(null)]
    public void H32_Refuses_anything_else_and_names_the_rule(string? name)
    {
        var refusal = Names.Check("name", name);

        Assert.Equal(RefusalKind.Invalid, refusal!.Kind);
        Assert.Equal("name", refusal.Field);
        Assert.Contains(Names.Rule, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void H32_Refuses_a_name_of_ten_thousand_characters() => Assert.NotNull(Names.Check("name", new string('a', 10_000)));
}
