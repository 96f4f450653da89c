using System.CommandLine;
using ControlPlane.Cli.Api;

namespace ControlPlane.Cli;

/// <summary>The options that every command has, and what follows from them.</summary>
internal static class Session
{
    public static readonly Option<string?> Server = new("--server") { Description = "Address of the control plane; else CPCTL_SERVER, else the one of the last login.", Recursive = true };
    public static readonly Option<string> Form = new("--output", "-o") { Description = "table, json, yaml or name.", DefaultValueFactory = _ => "table", Recursive = true };
    public static readonly Option<bool> NoInput = new("--no-input") { Description = "Never ask; fail instead.", Recursive = true };
    public static readonly Option<bool> Yes = new("--yes", "-y") { Description = "Do not ask whether it is meant.", Recursive = true };

    private const string Default = "http://127.0.0.1:5080";

    public static string ServerOf(ParseResult parsed) =>
        parsed.GetValue(Server) ?? NotEmpty(Environment.GetEnvironmentVariable("CPCTL_SERVER")) ?? LoginFile.Read().Server ?? Default;

    public static ApiClient Open(ParseResult parsed) => new(ServerOf(parsed), NotEmpty(Environment.GetEnvironmentVariable("CPCTL_TOKEN")) ?? LoginFile.Read().Token);

    public static string FormOf(ParseResult parsed) => parsed.GetValue(Form)!;

    public static bool MayAsk(ParseResult parsed) => !parsed.GetValue(NoInput) && !Console.IsInputRedirected;

    /// <summary>Asks before what cannot be taken back; without a terminal the answer must be given with --yes.</summary>
    /// <exception cref="UsageException">Nobody can be asked.</exception>
    public static bool Confirm(ParseResult parsed, string question)
    {
        if (parsed.GetValue(Yes))
            return true;
        if (!MayAsk(parsed))
            throw new UsageException($"{question} Say --yes to do it without being asked.");
        Console.Error.Write($"{question} [y/N] ");
        return Console.ReadLine()?.Trim() is "y" or "Y" or "yes";
    }

    /// <summary><c>environment/name</c>; a name alone is of production.</summary>
    public static (string Environment, string Name) EndpointOf(string text) => text.Split('/') switch
    {
        [var environment, var name] => (environment, name),
        [var name] => ("production", name),
        _ => throw new UsageException($"{text} is no endpoint; write environment/name."),
    };

    private static string? NotEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}

/// <summary>The command line does not make sense.</summary>
internal sealed class UsageException(string message) : Exception(message);
