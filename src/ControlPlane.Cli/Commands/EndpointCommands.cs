using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using ControlPlane.Cli.Api;

namespace ControlPlane.Cli.Commands;

internal static class EndpointCommands
{
    public static Command Build()
    {
        var endpoint = new Argument<string>("ENDPOINT") { Description = "environment/name; production when left out." };
        var key = new Option<string?>("--assignment-key") { Description = "Entity that keeps a caller on one arm." };
        var at = new Option<string?>("--at") { Description = "A time, such as 2026-05-03T14:05:00Z; else now." };
        return Verb.Noun("endpoint", "What is served where.",
            Verb.Of("list", "Lists endpoints.", ["cpctl endpoint list", "cpctl endpoint list -o json"], ListAsync),
            Verb.Of("show", "Shows what serves now, and who has acknowledged it.", ["cpctl endpoint show production/fraud", "cpctl endpoint show fraud -o yaml"],
                (parsed, api, cancel) => ShowAsync(parsed, api, parsed.GetValue(endpoint)!, cancel), endpoint),
            Verb.Of("create", "Makes an endpoint.", ["cpctl endpoint create production/fraud", "cpctl endpoint create staging/fraud --assignment-key user"], async (parsed, api, cancel) =>
            {
                var (environment, name) = Session.EndpointOf(parsed.GetValue(endpoint)!);
                var body = new JsonObject { ["name"] = name };
                if (parsed.GetValue(key) is { } given)
                    body["assignmentKey"] = given;
                var made = await api.PostAsync($"environments/{environment}/endpoints", body, cancel);
                Output.Show(Session.FormOf(parsed), made, $"{environment}/{name}", ("Endpoint", $"{environment}/{name}"));
                Output.Say($"Page: {api.Server}/endpoints/{environment}/{name}");
                return ExitCodes.Ok;
            }, endpoint, key),
            Verb.Of("history", "Tells what served at a time.", ["cpctl endpoint history fraud", "cpctl endpoint history fraud --at 2026-05-03T14:05:00Z"],
                (parsed, api, cancel) => HistoryAsync(parsed, api, parsed.GetValue(endpoint)!, parsed.GetValue(at), cancel), endpoint, at));
    }

    public static Command BuildDeploy()
    {
        var endpoint = new Argument<string>("ENDPOINT") { Description = "environment/name; production when left out." };
        var version = new Argument<string>("MODEL@VERSION") { Description = "Such as fraud@2 or fraud@champion." };
        var (wait, timeout) = Waiting();
        return Verb.Of("deploy", "Serves a version: loads it everywhere, then switches.", ["cpctl deploy production/fraud fraud@2 --wait", "cpctl deploy staging/fraud fraud@champion"], async (parsed, api, cancel) =>
        {
            var (environment, name) = Session.EndpointOf(parsed.GetValue(endpoint)!);
            if (parsed.GetValue(version)!.Split('@') is not [var model, var number])
                throw new UsageException("Say which version: MODEL@VERSION.");
            var answer = await api.PostAsync($"environments/{environment}/endpoints/{name}/deploy{WaitOf(parsed, wait, timeout)}",
                new JsonObject { ["model"] = model, ["version"] = number, ["strategy"] = "allAtOnce" }, cancel);
            var state = (string?)answer["rollout"]!["state"];
            Output.Show(Session.FormOf(parsed), answer, (string)answer["rollout"]!["id"]!,
                ("Rollout", $"#{answer["rollout"]!["id"]}"), ("State", state), ("Release", (string?)answer["release"]!["id"]), ("Revision", answer["revision"]?.ToString()));
            Output.Say($"Page: {api.Server}/endpoints/{environment}/{name}");
            if (!parsed.GetValue(wait) || state == "Completed")
                return ExitCodes.Ok;
            return state == "Progressing" ? ExitCodes.Timeout : ExitCodes.RolloutOtherwise;
        }, endpoint, version, wait, timeout);
    }

    public static Command BuildRollback()
    {
        var endpoint = new Argument<string>("ENDPOINT") { Description = "environment/name; production when left out." };
        var to = new Option<string?>("--to") { Description = "Release id; else the one that served before." };
        var (wait, timeout) = Waiting();
        return Verb.Of("rollback", "Goes back to an earlier release, at once.", ["cpctl rollback production/fraud", "cpctl rollback fraud --wait --timeout 10s"], async (parsed, api, cancel) =>
        {
            var (environment, name) = Session.EndpointOf(parsed.GetValue(endpoint)!);
            var body = new JsonObject();
            if (parsed.GetValue(to) is { } release)
                body["to"] = release;
            var answer = await api.PostAsync($"environments/{environment}/endpoints/{name}/rollback{WaitOf(parsed, wait, timeout)}", body, cancel);
            var pending = answer["pending"]!.AsArray();
            Output.Show(Session.FormOf(parsed), answer, (string)answer["rollout"]!["id"]!,
                ("Rollout", $"#{answer["rollout"]!["id"]}"), ("Release", (string?)answer["release"]!["id"]), ("Revision", answer["revision"]?.ToString()),
                ("Acknowledged", string.Join(", ", answer["acknowledged"]!.AsArray())), ("Pending", string.Join(", ", pending)));
            Output.Say($"Page: {api.Server}/endpoints/{environment}/{name}");
            return parsed.GetValue(wait) && pending.Count > 0 ? ExitCodes.Timeout : ExitCodes.Ok;
        }, endpoint, to, wait, timeout);
    }

    private static async Task<int> ListAsync(ParseResult parsed, ApiClient api, CancellationToken cancel)
    {
        Output.List(Session.FormOf(parsed), await api.ListAsync("endpoints", cancel),
            ("ENDPOINT", item => $"{item["environment"]}/{item["name"]}"), ("SERVES", Serves), ("REVISION", item => item["revision"]?.ToString()),
            ("ACKNOWLEDGED", item => $"{item["acknowledged"]} of {item["nodes"]}"), ("ROLLOUT", item => item["rollout"] is { } open ? $"#{open["id"]} {open["state"]}" : ""));
        return ExitCodes.Ok;
    }

    private static async Task<int> ShowAsync(ParseResult parsed, ApiClient api, string text, CancellationToken cancel)
    {
        var (environment, name) = Session.EndpointOf(text);
        var endpoint = await api.GetAsync($"environments/{environment}/endpoints/{name}", cancel);
        Output.Show(Session.FormOf(parsed), endpoint, $"{environment}/{name}",
            ("Endpoint", $"{environment}/{name}"), ("Serves", Serves(endpoint)), ("Since", (string?)endpoint["stableSince"]), ("Revision", endpoint["revision"]?.ToString()),
            ("Acknowledged", $"{endpoint["acknowledged"]} of {endpoint["nodes"]} nodes"), ("Way back", (string?)endpoint["previousRelease"]),
            ("Rollout", endpoint["rollout"] is { } open ? $"#{open["id"]} {open["state"]} {open["reason"]}" : null));
        Output.Say($"Page: {api.Server}/endpoints/{environment}/{name}");
        return ExitCodes.Ok;
    }

    private static async Task<int> HistoryAsync(ParseResult parsed, ApiClient api, string text, string? at, CancellationToken cancel)
    {
        var (environment, name) = Session.EndpointOf(text);
        if (at is not null && !DateTimeOffset.TryParse(at, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out _))
            throw new UsageException($"{at} is no time; write 2026-05-03T14:05:00Z.");
        var history = await api.GetAsync($"environments/{environment}/endpoints/{name}/history{(at is null ? "" : $"?at={Uri.EscapeDataString(at)}")}", cancel);
        Output.Show(Session.FormOf(parsed), history, Serves(history) ?? "", ("At", (string?)history["at"]), ("Served", Serves(history)), ("Revision", history["revision"]?.ToString()));
        return ExitCodes.Ok;
    }

    private static string? Serves(JsonNode item) => item["arms"] is JsonArray { Count: > 0 } arms
        ? string.Join(", ", arms.Select(arm => $"{arm!["model"]} v{arm["version"]} ({(double)arm["weight"]! / 100:0.##} %)"))
        : "nothing yet";

    private static (Option<bool> Wait, Option<string> Timeout) Waiting() => (
        new("--wait") { Description = "Wait until every reachable node has acknowledged." },
        new("--timeout") { Description = "Longest wait, such as 30s.", DefaultValueFactory = _ => "60s" });

    private static string WaitOf(ParseResult parsed, Option<bool> wait, Option<string> timeout) =>
        parsed.GetValue(wait) ? $"?wait={(int)Durations.Parse(parsed.GetValue(timeout)!).TotalSeconds}s" : "";
}
