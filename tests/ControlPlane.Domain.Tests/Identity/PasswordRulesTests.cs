using ControlPlane.Domain.Identity;

namespace ControlPlane.Domain.Tests.Identity;

public sealed class PasswordRulesTests
{
    [Theory]
    [InlineData(null), InlineData(""), InlineData("admin"), InlineData("short-of-12"), InlineData("password1234"), InlineData("P@ssw0rd12345"), InlineData("Passwort2026!")]
    [InlineData("qwertyuiop123"), InlineData("123456789012"), InlineData("aaaaaaaaaaaaaa"), InlineData("changeme-2026"), InlineData("ababababababab"), InlineData("AdminAdmin12")]
    [InlineData("first.admin@example.org"), InlineData("FIRST.ADMIN@EXAMPLE.ORG"), InlineData("first.admin1234")]
    public void H02_What_is_tried_first_is_refused(string? password) => Assert.NotNull(PasswordRules.WhyNot(password, "first.admin@example.org"));

    [Theory]
    [InlineData("correct horse battery"), InlineData("Vb7-2kq!mmZ41x"), InlineData("the password of my cat"), InlineData("пароль для кошки")]
    public void H02_What_is_not_among_them_is_taken(string password) => Assert.Null(PasswordRules.WhyNot(password, "first.admin@example.org"));
}
