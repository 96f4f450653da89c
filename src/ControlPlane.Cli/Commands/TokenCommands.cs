using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using ControlPlane.Cli.Api;

namespace ControlPlane.Cli.Commands;

/// <summary>What scripts sign in with; made by a person who is signed in.</summary>
internal static class TokenCommands
{
    public static Command Build()
    {
        var name = new Argument<string>("NAME") { Description = "What uses it." };
        var id = new Argument<string>("ID") { Description = "Id of the token, from the list." };
        var role = new Option<string>("--role") { Description = "viewer, engineer, releaser or admin.", DefaultValueFactory = _ => "engineer" };
        var days = new Option<int>("--days") { Description = "How long it is valid, 1 to 365 days.", DefaultValueFactory = _ => 90 };
        return Verb.Noun("token", "Tokens for scripts and pipelines.",
            Verb.Of("list", "Lists tokens.", ["cpctl token list", "cpctl token list -o json"], ListAsync),
            Verb.Of("create", "Makes a token; shown this once.", ["cpctl token create 'ci of fraud'", "cpctl token create ci --role releaser --days 30 -o name"], async (parsed, api, cancel) =>
            {
                var expires = TimeProvider.System.GetUtcNow().AddDays(parsed.GetValue(days)).ToString("O", CultureInfo.InvariantCulture);
                var made = await api.PostAsync("tokens", new JsonObject { ["name"] = parsed.GetValue(name), ["role"] = parsed.GetValue(role), ["expiresAt"] = expires }, cancel);
                Output.Show(Session.FormOf(parsed), made, (string)made["token"]!, ("Token", (string?)made["token"]), ("Id", (string?)made["id"]), ("Expires", (string?)made["expiresAt"]));
                return ExitCodes.Ok;
            }, name, role, days),
            Verb.Of("revoke", "Makes a token worthless.", ["cpctl token revoke ID", "cpctl token revoke ID --yes"], async (parsed, api, cancel) =>
            {
                if (!Session.Confirm(parsed, $"Revoke the token {parsed.GetValue(id)}?"))
                    return ExitCodes.Failed;
                await api.DeleteAsync($"tokens/{Uri.EscapeDataString(parsed.GetValue(id)!)}", cancel);
                Output.Say("Revoked.");
                return ExitCodes.Ok;
            }, id));
    }

    private static async Task<int> ListAsync(ParseResult parsed, ApiClient api, CancellationToken cancel)
    {
        Output.List(Session.FormOf(parsed), await api.ListAsync("tokens", cancel),
            ("ID", item => (string?)item["id"]), ("NAME", item => (string?)item["name"]), ("ROLE", item => (string?)item["role"]), ("MADE BY", item => (string?)item["createdBy"]),
            ("EXPIRES", item => (string?)item["expiresAt"]), ("LAST USED", item => (string?)item["lastUsedAt"]), ("REVOKED", item => (string?)item["revokedAt"]));
        return ExitCodes.Ok;
    }
}
