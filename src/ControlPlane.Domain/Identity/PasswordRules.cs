using System.Text;

namespace ControlPlane.Domain.Identity;

/// <summary>Which passwords are refused: too short, well known, or the name of the account.</summary>
public static class PasswordRules
{
    public const int Shortest = 12;
    public const int Longest = 512;

    // Words that lead the lists of passwords in use. Twelve characters are reached by adding digits and signs, so those are taken off before looking.
    private static readonly HashSet<string> _common = new(
        [
            "abc", "abcabc", "abcdefgh", "abcdefghijkl", "access", "adminadmin", "admin", "administrator", "adminpassword", "asdfgh", "asdfghjkl", "baseball", "batman", "changeit",
            "changeme", "changemenow", "changethis", "charlie", "computer", "controlplane", "default", "defaultpassword", "dragon", "example", "flower", "football", "hello", "helloworld",
            "iloveyou", "internet", "letmein", "letmeinnow", "login", "loveme", "master", "michael", "monkey", "mypassword", "newpassword", "ninja", "passpass", "passphrase", "password",
            "passwordpassword", "passwort", "pokemon", "princess", "qazwsx", "qazwsxedc", "qwerty", "qwertyqwerty", "qwertyuiop", "qwertyuiopasdf", "qwertz", "qwertzuiop", "root",
            "rootroot", "secret", "secretpassword", "server", "shadow", "starwars", "summer", "sunshine", "superman", "supersecret", "system", "temporary", "test", "testing",
            "testpassword", "testtest", "thisisapassword", "thisismypassword", "trustnoone", "trustno", "user", "username", "welcome", "welcomewelcome", "whatever", "winter", "yourpassword",
        ],
        StringComparer.Ordinal);

    /// <param name="email">Of the account; neither it nor the part before its @ is a password.</param>
    /// <returns>Why it is refused; null: it is not.</returns>
    public static string? WhyNot(string? password, string? email)
    {
        if (password is null || password.Length < Shortest)
            return "A password has at least 12 characters.";
        if (password.Length > Longest)
            return "A password has at most 512 characters.";
        if (IsName(password, email))
            return "The password is the name of the account. Choose another.";
        return IsCommon(password) ? "The password is among the most common ones, which are tried first. Choose another." : null;
    }

    private static bool IsName(string password, string? email) =>
        email is { Length: > 0 }
        && (password.Equals(email, StringComparison.OrdinalIgnoreCase)
            || (email.Split('@')[0] is { Length: > 2 } name && Bare(password).Equals(Bare(name), StringComparison.Ordinal) && Bare(name).Length > 0));

    private static bool IsCommon(string password)
    {
        var letters = Bare(password);
        return letters.Length == 0 || letters.Distinct().Count() == 1 || _common.Contains(letters) || password.Distinct().Count() <= 2;
    }

    /// <summary>Small letters only, with the usual signs read as the letters they stand for, and without what was added in front or behind.</summary>
    private static string Bare(string text)
    {
        var trimmed = text.ToLowerInvariant().AsSpan().Trim("0123456789!?.,;:-_+*#$%&/()=' \"");
        var bare = new StringBuilder(trimmed.Length);
        foreach (var letter in trimmed)
        {
            var plain = letter switch { '0' => 'o', '1' or '!' => 'i', '3' => 'e', '4' or '@' => 'a', '5' or '$' => 's', '7' => 't', _ => letter };
            if (char.IsLetter(plain))
                bare.Append(plain);
        }

        return bare.ToString();
    }
}
