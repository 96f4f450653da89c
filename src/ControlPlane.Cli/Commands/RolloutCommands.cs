using System.CommandLine;
using System.Text.Json.Nodes;
using ControlPlane.Cli.Api;

namespace ControlPlane.Cli.Commands;

internal static class RolloutCommands
{
    private static readonly (string Verb, string Description)[] _verbs =
    [
        ("start", "Starts it."), ("pause", "Holds it where it is."), ("resume", "Goes on."), ("advance", "To the next step now."), ("promote", "To 100 % now."),
        ("abort", "Stops it; traffic back to the stable version."), ("retry", "A new attempt, in Draft."), ("submit", "Hands it in."), ("approve", "Agrees to it."), ("reject", "Hands it back."),
    ];

    public static Command Build()
    {
        var number = new Argument<int>("NUMBER") { Description = "Number of the rollout, such as 42." };
        var reason = new Option<string?>("--reason") { Description = "Why; goes into the decision log." };
        var noun = Verb.Noun("rollout", "Changes of what an endpoint serves.",
            Verb.Of("show", "Shows a rollout and its decisions.", ["cpctl rollout show 42", "cpctl rollout show 42 -o json"], (parsed, api, cancel) => ShowAsync(parsed, api, parsed.GetValue(number), cancel), number));
        foreach (var (verb, description) in _verbs)
        {
            noun.Subcommands.Add(Verb.Of(verb, description, [$"cpctl rollout {verb} 42", $"cpctl rollout {verb} 42 --reason 'p99 too high'"],
                (parsed, api, cancel) => ActAsync(parsed, api, parsed.GetValue(number), verb, parsed.GetValue(reason), cancel), number, reason));
        }

        return noun;
    }

    private static async Task<int> ShowAsync(ParseResult parsed, ApiClient api, int number, CancellationToken cancel)
    {
        var rollout = await api.GetAsync($"rollouts/{number}", cancel);
        var decisions = rollout["decisions"]!.AsArray().Select(row => ($"  {row!["at"]}", (string?)$"{row["action"]} by {row["actor"]}: {row["reason"]}"));
        Output.Show(Session.FormOf(parsed), rollout, $"{number}",
            [("Rollout", $"#{number}"), ("Endpoint", $"{rollout["environment"]}/{rollout["endpoint"]}"), ("Strategy", (string?)rollout["strategy"]), ("State", (string?)rollout["state"]), ("Reason", (string?)rollout["reason"]),
                ("Possible", string.Join(", ", rollout["allowed"]!.AsArray())), ("Decisions", " "), .. decisions]);
        return ExitCodes.Ok;
    }

    private static async Task<int> ActAsync(ParseResult parsed, ApiClient api, int number, string verb, string? reason, CancellationToken cancel)
    {
        var seen = await api.ETagAsync($"rollouts/{number}", cancel);
        var answer = await api.PostAsync($"rollouts/{number}/{verb}", new JsonObject { ["reason"] = reason ?? "" }, cancel, seen);
        Output.Show(Session.FormOf(parsed), answer, $"{number}", ("Rollout", $"#{number}"), ("State", (string?)answer["state"]));
        return ExitCodes.Ok;
    }
}
