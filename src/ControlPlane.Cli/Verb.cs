using System.CommandLine;
using System.CommandLine.Invocation;
using ControlPlane.Cli.Api;

namespace ControlPlane.Cli;

/// <summary>Makes a command whose failures end in the right exit code and in one sentence on standard error.</summary>
internal static class Verb
{
    /// <param name="examples">Two, shown by --help.</param>
    public static Command Of(string name, string description, string[] examples, Func<ParseResult, ApiClient, CancellationToken, Task<int>> action, params Symbol[] symbols)
    {
        var command = new Command(name, $"{description}\n\nExamples:\n  {string.Join("\n  ", examples)}");
        foreach (var symbol in symbols)
        {
            if (symbol is Argument argument)
                command.Arguments.Add(argument);
            else if (symbol is Option option)
                command.Options.Add(option);
        }

        command.SetAction((parsed, cancel) => RunAsync(parsed, action, cancel));
        return command;
    }

    public static Command Noun(string name, string description, params Command[] verbs)
    {
        var noun = new Command(name, description);
        foreach (var verb in verbs)
            noun.Subcommands.Add(verb);
        return noun;
    }

    private static async Task<int> RunAsync(ParseResult parsed, Func<ParseResult, ApiClient, CancellationToken, Task<int>> action, CancellationToken cancel)
    {
        try
        {
            if (Session.FormOf(parsed) is not ("table" or "json" or "yaml" or "name"))
                throw new UsageException("--output must be table, json, yaml or name.");
            using var api = Session.Open(parsed);
            return await action(parsed, api, cancel);
        }
        catch (ApiException refused)
        {
            Output.Fail(refused.Message);
            return refused.ExitCode;
        }
        catch (UsageException wrong)
        {
            Output.Fail(wrong.Message);
            return ExitCodes.Usage;
        }
        catch (OperationCanceledException)
        {
            Output.Say("Interrupted.");
            return ExitCodes.Interrupted;
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            Output.Fail(failed.Message);
            return ExitCodes.Failed;
        }
    }
}
