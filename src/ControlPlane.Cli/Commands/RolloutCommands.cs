using System.CommandLine;
using System.Text.Json.Nodes;
using ControlPlane.Cli.Api;
using YamlDotNet.Serialization;

namespace ControlPlane.Cli.Commands;

internal static class RolloutCommands
{
    private const int LongestPlan = 1 << 20;
    private static readonly TimeSpan _look = TimeSpan.FromSeconds(2);

    private static readonly (string Verb, string Description)[] _verbs =
    [
        ("submit", "Hands it in: to approval where the environment is protected."), ("start", "Starts it."), ("pause", "Holds it where it is."), ("resume", "Goes on."), ("advance", "To the next step now."),
        ("promote", "To 100 % now."), ("abort", "Stops it; traffic back to the stable version."), ("retry", "A new attempt, in Draft."),
    ];

    private static readonly string[] _over = ["Completed", "Aborted", "RolledBack", "Superseded"];

    public static Command Build()
    {
        var (number, reason) = (Number(), Reason());
        var noun = Verb.Noun("rollout", "Changes of what an endpoint serves.", BuildCreate(), BuildList(), BuildWatch(),
            Verb.Of("show", "Shows a rollout and its decisions.", ["cpctl rollout show 42", "cpctl rollout show 42 -o json"], (parsed, api, cancel) => ShowAsync(parsed, api, parsed.GetValue(number), cancel), number));
        foreach (var (verb, description) in _verbs)
            noun.Subcommands.Add(BuildVerb(verb, $"rollout {verb}", description));
        noun.Subcommands.Add(BuildVerb("approve", "rollout approve", "Agrees to it."));
        noun.Subcommands.Add(BuildVerb("reject", "rollout reject", "Hands it back."));
        return noun;
    }

    /// <summary><c>cpctl approve</c> and <c>cpctl reject</c>: for people who are signed in.</summary>
    public static IEnumerable<Command> BuildDecisions() =>
        [BuildVerb("approve", "approve", "Agrees to a rollout of somebody else."), BuildVerb("reject", "reject", "Hands a rollout back, with a reason.")];

    private static Argument<int> Number() => new("NUMBER") { Description = "Number of the rollout, such as 42." };

    private static Option<string?> Reason() => new("--reason") { Description = "Why; goes into the decision log." };

    private static Command BuildVerb(string verb, string said, string description)
    {
        var (number, reason) = (Number(), Reason());
        return Verb.Of(verb, description, [$"cpctl {said} 42", $"cpctl {said} 42 --reason 'p99 too high'"],
            (parsed, api, cancel) => ActAsync(parsed, api, parsed.GetValue(number), verb, parsed.GetValue(reason), cancel), number, reason);
    }

    private static Command BuildCreate()
    {
        var endpoint = new Argument<string>("ENDPOINT") { Description = "environment/name; production when left out." };
        var version = new Argument<string>("MODEL@VERSION") { Description = "Such as fraud@2 or fraud@champion." };
        var strategy = new Option<string?>("--strategy") { Description = "canary, shadow, blueGreen or allAtOnce, with their usual steps." };
        var plan = new Option<string?>("--plan") { Description = "File with the rollout part of a document, YAML or JSON; - is standard input." };
        var submit = new Option<bool>("--submit") { Description = "Hands it in at once." };
        return Verb.Of("create", "Drafts a rollout.", ["cpctl rollout create production/fraud fraud@2 --strategy canary --submit", "cpctl rollout create fraud fraud@2 --plan canary.yaml"], async (parsed, api, cancel) =>
        {
            var (environment, name) = Session.EndpointOf(parsed.GetValue(endpoint)!);
            if (parsed.GetValue(version)!.Split('@') is not [_, _])
                throw new UsageException("Say which version: MODEL@VERSION.");
            var rollout = parsed.GetValue(plan) is { } file ? await ReadAsync(file, cancel) : [];
            if (parsed.GetValue(strategy) is { } given)
                rollout["strategy"] = given;
            var made = await api.PostAsync($"environments/{environment}/endpoints/{name}/rollouts", new JsonObject { ["release"] = new JsonObject { ["model"] = parsed.GetValue(version) }, ["rollout"] = rollout }, cancel);
            if (parsed.GetValue(submit))
                made = await api.PostAsync($"rollouts/{made["id"]}/submit", new JsonObject(), cancel, await api.ETagAsync($"rollouts/{made["id"]}", cancel));
            Output.Show(Session.FormOf(parsed), made, (string)made["id"]!, ("Rollout", $"#{made["id"]}"), ("State", (string?)made["state"]));
            Output.Say($"Page: {api.Server}/rollouts/{made["id"]}");
            return ExitCodes.Ok;
        }, endpoint, version, strategy, plan, submit);
    }

    private static Command BuildList()
    {
        var state = new Option<string?>("--state") { Description = "Such as AwaitingApproval." };
        var endpoint = new Option<string?>("--endpoint") { Description = "environment/name." };
        return Verb.Of("list", "Lists rollouts, newest first.", ["cpctl rollout list --state AwaitingApproval", "cpctl rollout list --endpoint production/fraud -o json"], async (parsed, api, cancel) =>
        {
            var query = string.Join('&', new[] { ("state", parsed.GetValue(state)), ("endpoint", parsed.GetValue(endpoint)) }.Where(pair => pair.Item2 is not null).Select(pair => $"{pair.Item1}={Uri.EscapeDataString(pair.Item2!)}"));
            Output.List(Session.FormOf(parsed), await api.ListAsync(query.Length == 0 ? "rollouts" : $"rollouts?{query}", cancel),
                ("ROLLOUT", item => (string?)item["id"]), ("ENDPOINT", item => $"{item["environment"]}/{item["endpoint"]}"), ("STRATEGY", item => (string?)item["strategy"]),
                ("STATE", item => (string?)item["state"]), ("BY", item => (string?)item["createdBy"]));
            return ExitCodes.Ok;
        }, state, endpoint);
    }

    private static Command BuildWatch()
    {
        var number = Number();
        var timeout = new Option<string>("--timeout") { Description = "How long to watch.", DefaultValueFactory = _ => "30m" };
        return Verb.Of("watch", "Follows a rollout to its end.", ["cpctl rollout watch 42", "cpctl rollout watch 42 --timeout 2h"], async (parsed, api, cancel) =>
        {
            using var time = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            time.CancelAfter(Durations.Parse(parsed.GetValue(timeout)!));
            var seen = 0;
            try
            {
                for (; ; await Task.Delay(_look, TimeProvider.System, time.Token))
                {
                    var rollout = await api.GetAsync($"rollouts/{parsed.GetValue(number)}", time.Token);
                    var decisions = rollout["decisions"]!.AsArray();
                    foreach (var row in decisions.Skip(seen))
                        Output.Say($"{row!["at"]}  {row["action"]} by {row["actor"]}: {row["reason"]}");
                    seen = decisions.Count;
                    var state = (string)rollout["state"]!;
                    if (!_over.Contains(state))
                        continue;
                    Output.Show(Session.FormOf(parsed), rollout, (string)rollout["id"]!, ("Rollout", $"#{rollout["id"]}"), ("State", state), ("Reason", (string?)rollout["reason"]));
                    return state == "Completed" ? ExitCodes.Ok : ExitCodes.RolloutOtherwise;
                }
            }
            catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
            {
                return ExitCodes.Timeout;
            }
        }, number, timeout);
    }

    private static async Task<JsonObject> ReadAsync(string file, CancellationToken cancel)
    {
        var text = file == "-" ? await Console.In.ReadToEndAsync(cancel) : await File.ReadAllTextAsync(file, cancel);
        if (text.Length > LongestPlan)
            throw new UsageException($"{file} is longer than {LongestPlan >> 20} MiB.");
        try
        {
            var value = new DeserializerBuilder().WithAttemptingUnquotedStringTypeDeserialization().Build().Deserialize(text);
            return JsonNode.Parse(new SerializerBuilder().JsonCompatible().Build().Serialize(value)) as JsonObject ?? throw new UsageException($"{file} holds no members.");
        }
        catch (YamlDotNet.Core.YamlException wrong)
        {
            throw new UsageException($"{file} cannot be read: {wrong.Message}");
        }
    }

    private static async Task<int> ShowAsync(ParseResult parsed, ApiClient api, int number, CancellationToken cancel)
    {
        var rollout = await api.GetAsync($"rollouts/{number}", cancel);
        var approvals = rollout["approvals"]!.AsArray().Where(row => row!["isVoid"]?.GetValue<bool>() != true).Select(row => $"{row!["by"]} until {row["until"]}");
        var decisions = rollout["decisions"]!.AsArray().Select(row => ($"  {row!["at"]}", (string?)$"{row["action"]} by {row["actor"]}: {row["reason"]}"));
        Output.Show(Session.FormOf(parsed), rollout, $"{number}",
            [("Rollout", $"#{number}"), ("Endpoint", $"{rollout["environment"]}/{rollout["endpoint"]}"), ("Strategy", (string?)rollout["strategy"]), ("State", (string?)rollout["state"]), ("Reason", (string?)rollout["reason"]),
                ("Approved", string.Join(", ", approvals)), ("Possible", string.Join(", ", rollout["allowed"]!.AsArray())), ("Decisions", " "), .. decisions]);
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
