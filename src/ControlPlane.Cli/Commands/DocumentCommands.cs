using System.CommandLine;
using System.Text;
using System.Text.Json.Nodes;
using ControlPlane.Cli.Api;

namespace ControlPlane.Cli.Commands;

/// <summary>Deployments as code: what documents declare, what would change, what is, and what holds it up.</summary>
internal static class DocumentCommands
{
    private const int LongestTogether = 1 << 20;
    private static readonly string[] _over = ["Completed", "Aborted", "RolledBack", "Superseded"];

    public static IEnumerable<Command> Build() => [BuildApply(), BuildPlan(), BuildExport(), BuildWhyNot()];

    private static Command BuildApply()
    {
        var files = Files();
        var dryRun = new Option<bool>("--dry-run") { Description = "Says what would change, and changes nothing." };
        return Verb.Of("apply", "Brings endpoints to what documents declare: all of them, or nothing.", ["cpctl apply -f fraud.yaml", "cpctl apply -f fraud.yaml --dry-run -o json"],
            (parsed, api, cancel) => SendAsync(parsed, api, parsed.GetValue(files)!, parsed.GetValue(dryRun), cancel), files, dryRun);
    }

    private static Command BuildPlan()
    {
        var files = Files();
        return Verb.Of("plan", "Shows the difference between what is declared and what is.", ["cpctl plan -f fraud.yaml", "cpctl plan -f fraud.yaml -o json"],
            (parsed, api, cancel) => SendAsync(parsed, api, parsed.GetValue(files)!, isDryRun: true, cancel), files);
    }

    private static Command BuildExport()
    {
        var endpoint = new Argument<string>("ENDPOINT") { Description = "environment/name; production when left out." };
        return Verb.Of("export", "Writes an endpoint as a document.", ["cpctl export production/fraud > fraud.yaml", "cpctl export production/fraud -o json"], async (parsed, api, cancel) =>
        {
            var (environment, name) = Session.EndpointOf(parsed.GetValue(endpoint)!);
            var document = await api.GetAsync($"environments/{environment}/endpoints/{name}/document", cancel);
            Output.Show(Session.FormOf(parsed) == "json" ? "json" : "yaml", document, name);
            return ExitCodes.Ok;
        }, endpoint);
    }

    private static Command BuildWhyNot()
    {
        var what = new Argument<string>("ENDPOINT|NUMBER") { Description = "environment/name, or the number of a rollout." };
        return Verb.Of("why-not", "Says what keeps a rollout from going on.", ["cpctl why-not production/fraud", "cpctl why-not 42 -o json"], async (parsed, api, cancel) =>
        {
            var number = int.TryParse(parsed.GetValue(what), out var given) ? given : await OpenAsync(api, parsed.GetValue(what)!, cancel);
            var rollout = await api.GetAsync($"rollouts/{number}", cancel);
            var reasons = Reasons(rollout).ToList();
            var answer = new JsonObject { ["rollout"] = $"{number}", ["state"] = (string?)rollout["state"], ["reasons"] = new JsonArray([.. reasons.Select(reason => JsonValue.Create(reason))]) };
            Output.Show(Session.FormOf(parsed), answer, $"{number}", [("Rollout", $"#{number}"), ("State", (string?)rollout["state"]), .. reasons.Select((reason, i) => (i == 0 ? "Because" : "", (string?)reason))]);
            return ExitCodes.Ok;
        }, what);
    }

    private static Option<string[]> Files() => new("-f", "--file") { Description = "YAML or JSON, may be given again; - is standard input.", Required = true, AllowMultipleArgumentsPerToken = true };

    private static async Task<int> SendAsync(ParseResult parsed, ApiClient api, string[] files, bool isDryRun, CancellationToken cancel)
    {
        var text = new StringBuilder();
        foreach (var file in files)
        {
            if (file != "-" && !File.Exists(file))
                throw new UsageException($"There is no file {file}.");
            text.Append(text.Length > 0 ? "\n---\n" : "").Append(file == "-" ? await Console.In.ReadToEndAsync(cancel) : await File.ReadAllTextAsync(file, cancel));
            if (text.Length > LongestTogether)
                throw new UsageException($"The documents are longer than {LongestTogether >> 20} MiB together.");
        }

        var answer = await api.PostTextAsync(isDryRun ? "apply?dryRun=true" : "apply", text.ToString(), "application/yaml", cancel);
        var changes = answer["changes"]!.AsArray();
        var lines = changes.SelectMany(change => (change!["difference"] as JsonArray ?? []).Select(line => ("", (string?)$"  {line!["path"]}: {line["actual"] ?? "nothing"} -> {line["declared"] ?? "nothing"}"))
            .Prepend(($"{change["action"]}", (string?)$"{change["name"]}{(change["rollout"] is { } rollout ? $" by rollout #{rollout}" : "")}")));
        if (changes.Count == 0)
            Output.Say("Everything is as declared.");
        Output.Show(Session.FormOf(parsed), answer, string.Join('\n', changes.Select(change => (string?)change!["name"])), [("", null), .. lines]);
        return ExitCodes.Ok;
    }

    private static async Task<int> OpenAsync(ApiClient api, string endpoint, CancellationToken cancel)
    {
        var (environment, name) = Session.EndpointOf(endpoint);
        var all = await api.ListAsync($"rollouts?endpoint={Uri.EscapeDataString($"{environment}/{name}")}", cancel);
        var open = all.FirstOrDefault(item => !_over.Contains((string?)item!["state"])) ?? throw new ApiException(System.Net.HttpStatusCode.NotFound, $"No rollout of {environment}/{name} is open.");
        return int.Parse((string)open["id"]!, System.Globalization.CultureInfo.InvariantCulture);
    }

    private static IEnumerable<string> Reasons(JsonNode rollout)
    {
        var state = (string?)rollout["state"];
        if (_over.Contains(state))
            yield return $"It is over. {(string?)rollout["reason"]}".TrimEnd();
        if (state == "Draft")
            yield return "Nobody has submitted it.";
        if (state == "AwaitingApproval")
            yield return "A person who has no hand in its plan has to approve it.";
        if (state == "Ready")
            yield return "Nobody has started it.";
        if (state is "Paused" or "Inconclusive" && (string?)rollout["reason"] is { Length: > 0 } reason)
            yield return reason;
        if ((string?)rollout["condition"] is { Length: > 0 } condition)
            yield return condition;
        if ((string?)rollout["evidence"]?["missing"] is { Length: > 0 } missing)
            yield return missing;
        foreach (var gate in rollout["gates"] as JsonArray ?? [])
        {
            if ((string?)gate!["verdict"] is "worse" or "notEnoughEvidence")
                yield return $"Gate {gate["gate"]}: {gate["sentence"]} {gate["candidateSamples"]} of {gate["minSamples"]} samples.";
        }

        if (state == "Progressing")
            yield return $"Step {rollout["step"]} is under way; it has to hold its time and see its samples.";
    }
}
