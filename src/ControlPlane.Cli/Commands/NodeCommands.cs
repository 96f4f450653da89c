using System.CommandLine;
using System.Text.Json.Nodes;
using ControlPlane.Cli.Api;

namespace ControlPlane.Cli.Commands;

internal static class NodeCommands
{
    public static Command Build()
    {
        var node = new Argument<string>("NODE") { Description = "Name of the node." };
        var environment = new Option<string>("--environment") { Description = "Environment to join.", DefaultValueFactory = _ => "production" };
        var pool = new Option<string?>("--pool") { Description = "Pool to join; else default." };
        var id = new Argument<string>("ID") { Description = "Id of the join token, from the list." };
        var uses = new Option<int>("--uses") { Description = "How many nodes may use it.", DefaultValueFactory = _ => 1 };
        return Verb.Noun("node", "Serving nodes and gateways.",
            Verb.Of("list", "Lists nodes.", ["cpctl node list", "cpctl node list -o json"], ListAsync),
            Verb.Of("show", "Shows a node.", ["cpctl node show node-1", "cpctl node show node-1 -o yaml"], (parsed, api, cancel) => ShowAsync(parsed, api, parsed.GetValue(node)!, cancel), node),
            Verb.Of("drain", "Sends a node no new requests.", ["cpctl node drain node-1", "cpctl node drain node-1 --yes"],
                (parsed, api, cancel) => ActAsync(parsed, api, parsed.GetValue(node)!, "drain", null, cancel), node),
            Verb.Of("clear-quarantine", "Lets a node try again what crashed there.", ["cpctl node clear-quarantine node-1", "cpctl node clear-quarantine node-2 --no-input"],
                (parsed, api, cancel) => ActAsync(parsed, api, parsed.GetValue(node)!, "clear-quarantine", null, cancel), node),
            Verb.Of("revoke", "Makes a node's credential worthless.", ["cpctl node revoke node-1", "cpctl node revoke node-1 --yes"],
                (parsed, api, cancel) => ActAsync(parsed, api, parsed.GetValue(node)!, "revoke", $"Revoke {parsed.GetValue(node)}? It can then not join again by itself.", cancel), node),
            Verb.Of("rotate-credential", "Lets a node fetch a new credential.", ["cpctl node rotate-credential node-1", "cpctl node rotate-credential node-1 --no-input"],
                (parsed, api, cancel) => ActAsync(parsed, api, parsed.GetValue(node)!, "rotate-credential", null, cancel), node),
            Verb.Of("join-tokens", "Lists join tokens that still let a node in.", ["cpctl node join-tokens", "cpctl node join-tokens -o json"], ListTokensAsync),
            Verb.Of("revoke-join-token", "Makes a join token worthless.", ["cpctl node revoke-join-token ID", "cpctl node revoke-join-token ID --yes"], async (parsed, api, cancel) =>
            {
                if (!Session.Confirm(parsed, $"Revoke the join token {parsed.GetValue(id)}?"))
                    return ExitCodes.Failed;
                await api.DeleteAsync($"nodes/join-tokens/{Uri.EscapeDataString(parsed.GetValue(id)!)}", cancel);
                Output.Say("Revoked.");
                return ExitCodes.Ok;
            }, id),
            Verb.Of("join-token", "Makes a token that nodes join with; shown this once.", ["cpctl node join-token --environment staging", "cpctl node join-token --uses 10 -o json"], async (parsed, api, cancel) =>
            {
                var body = new JsonObject { ["environment"] = parsed.GetValue(environment), ["uses"] = parsed.GetValue(uses) };
                if (parsed.GetValue(pool) is { } given)
                    body["pool"] = given;
                var made = await api.PostAsync("nodes/join-tokens", body, cancel);
                Output.Show(Session.FormOf(parsed), made, (string)made["token"]!, ("Token", (string?)made["token"]), ("Expires", (string?)made["expiresAt"]));
                return ExitCodes.Ok;
            }, environment, pool, uses));
    }

    private static async Task<int> ListAsync(ParseResult parsed, ApiClient api, CancellationToken cancel)
    {
        Output.List(Session.FormOf(parsed), await api.ListAsync("nodes", cancel),
            ("NAME", item => (string?)item["name"]), ("KIND", item => (string?)item["kind"]), ("ENVIRONMENT", item => (string?)item["environment"]), ("STATE", item => (string?)item["state"]),
            ("REVISION", item => item["appliedRevision"]?.ToString()), ("REFUSED", item => (string?)item["rejected"]?["reason"]), ("LAST SEEN", item => (string?)item["lastSeen"]));
        return ExitCodes.Ok;
    }

    private static async Task<int> ListTokensAsync(ParseResult parsed, ApiClient api, CancellationToken cancel)
    {
        Output.List(Session.FormOf(parsed), await api.ListAsync("nodes/join-tokens", cancel),
            ("ID", item => (string?)item["id"]), ("ENVIRONMENT", item => (string?)item["environment"]), ("POOL", item => (string?)item["pool"]), ("NODES LEFT", item => item["usesLeft"]?.ToString()),
            ("MADE BY", item => (string?)item["createdBy"]), ("EXPIRES", item => (string?)item["expiresAt"]));
        return ExitCodes.Ok;
    }

    private static async Task<int> ShowAsync(ParseResult parsed, ApiClient api, string name, CancellationToken cancel)
    {
        var node = (await api.ListAsync("nodes", cancel)).FirstOrDefault(item => (string?)item!["name"] == name)
            ?? throw new ApiException(System.Net.HttpStatusCode.NotFound, $"There is no node {name}.");
        Output.Show(Session.FormOf(parsed), node, name,
            ("Name", name), ("State", (string?)node["state"]), ("Environment", (string?)node["environment"]), ("Address", (string?)node["address"]), ("Revision", node["appliedRevision"]?.ToString()),
            ("Serving", string.Join(", ", (node["serving"] as JsonArray ?? []).Select(served => $"{served!["model"]} v{served["version"]} ({served["state"]})"))),
            ("Refused", node["rejected"] is { } refused ? $"revision {refused["revision"]}: {refused["reason"]}: {refused["detail"]}" : null), ("Last seen", (string?)node["lastSeen"]));
        return ExitCodes.Ok;
    }

    private static async Task<int> ActAsync(ParseResult parsed, ApiClient api, string name, string action, string? question, CancellationToken cancel)
    {
        if (question is not null && !Session.Confirm(parsed, question))
            return ExitCodes.Failed;
        await api.PostAsync($"nodes/{Uri.EscapeDataString(name)}/{action}", null, cancel);
        Output.Say($"{name}: {action} done.");
        return ExitCodes.Ok;
    }
}
