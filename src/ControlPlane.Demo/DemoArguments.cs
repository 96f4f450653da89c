using System.Globalization;

namespace ControlPlane.Demo;

/// <summary>What the demo is to do; every option has a name, none has a default that could hit another's installation.</summary>
internal sealed record DemoArguments(string Mode, IReadOnlyDictionary<string, string> Values)
{
    public const string Usage = """
        ControlPlane.Demo prepare --out DIRECTORY
        ControlPlane.Demo load --server URL (--token-file FILE | environment CPCTL_TOKEN) [--out DIRECTORY]
        ControlPlane.Demo traffic --gateway URL [--rate REQUESTS_A_SECOND]
        """;

    private static readonly Dictionary<string, string[]> _options = new(StringComparer.Ordinal)
    {
        ["prepare"] = ["--out"],
        ["load"] = ["--server", "--token-file", "--token", "--out"],
        ["traffic"] = ["--gateway", "--rate"],
    };

    /// <exception cref="FormatException">The arguments are wrong; the message says how.</exception>
    public static DemoArguments Parse(IReadOnlyList<string> arguments)
    {
        if (arguments.Count == 0 || !_options.TryGetValue(arguments[0], out var known))
            throw new FormatException("Say what to do: prepare, load or traffic.");

        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 1; i < arguments.Count; i += 2)
        {
            if (!known.Contains(arguments[i]))
                throw new FormatException($"{arguments[i]} is not an option of {arguments[0]}.");
            if (i + 1 == arguments.Count)
                throw new FormatException($"{arguments[i]} needs a value.");
            values[arguments[i]] = arguments[i + 1];
        }

        return new DemoArguments(arguments[0], values);
    }

    public string Required(string option) => Values.TryGetValue(option, out var value) ? value : throw new FormatException($"{Mode} needs {option}.");

    public Uri RequiredUrl(string option) =>
        Uri.TryCreate(Required(option), UriKind.Absolute, out var url) && url.Scheme is "http" or "https" ? url : throw new FormatException($"{option} must be an http address.");

    public double Rate =>
        !Values.TryGetValue("--rate", out var text) ? 20
        : double.TryParse(text, CultureInfo.InvariantCulture, out var rate) && rate is > 0 and <= 10_000 ? rate
        : throw new FormatException("--rate must be a number above 0, at most 10000.");
}
