using System.CommandLine;
using System.Text.Json.Nodes;
using ControlPlane.Cli.Api;

namespace ControlPlane.Cli.Commands;

/// <summary>Who may sign in, and as what.</summary>
internal static class UserCommands
{
    public static Command Build()
    {
        var email = new Argument<string>("EMAIL") { Description = "Address of the person." };
        var role = new Argument<string>("ROLE") { Description = "viewer, engineer, releaser or admin." };
        var asRole = new Option<string>("--role") { Description = "viewer, engineer, releaser or admin.", DefaultValueFactory = _ => "viewer" };
        return Verb.Noun("user", "People who may sign in.",
            Verb.Of("list", "Lists people.", ["cpctl user list", "cpctl user list -o json"], ListAsync),
            Verb.Of("invite", "Makes a one-time link with which a person makes an account.", ["cpctl user invite mara@example.com --role engineer", "cpctl user invite mara@example.com -o name"], async (parsed, api, cancel) =>
            {
                var made = await api.PostAsync("users", new JsonObject { ["email"] = parsed.GetValue(email), ["role"] = parsed.GetValue(asRole) }, cancel);
                Output.Show(Session.FormOf(parsed), made, (string)made["link"]!, ("Link", (string?)made["link"]), ("Expires", (string?)made["expiresAt"]));
                return ExitCodes.Ok;
            }, email, asRole),
            Verb.Of("role", "Changes what a person may do.", ["cpctl user role mara@example.com releaser", "cpctl user role mara@example.com viewer"], async (parsed, api, cancel) =>
            {
                await api.PutAsync($"{PathOf(parsed.GetValue(email)!)}/role", new JsonObject { ["role"] = parsed.GetValue(role) }, cancel);
                Output.Say($"{parsed.GetValue(email)} is {parsed.GetValue(role)}.");
                return ExitCodes.Ok;
            }, email, role),
            Verb.Of("disable", "Ends a person's sessions and tokens; they cannot sign in any more.", ["cpctl user disable mara@example.com", "cpctl user disable mara@example.com --yes"],
                (parsed, api, cancel) => ActAsync(parsed, api, parsed.GetValue(email)!, "disable", cancel), email),
            Verb.Of("enable", "Lets a disabled person sign in again.", ["cpctl user enable mara@example.com", "cpctl user enable mara@example.com --no-input"],
                (parsed, api, cancel) => ActAsync(parsed, api, parsed.GetValue(email)!, "enable", cancel), email));
    }

    private static string PathOf(string email) => $"users/{Uri.EscapeDataString(email)}";

    private static async Task<int> ListAsync(ParseResult parsed, ApiClient api, CancellationToken cancel)
    {
        Output.List(Session.FormOf(parsed), await api.ListAsync("users", cancel),
            ("E-MAIL", item => (string?)item["email"]), ("ROLE", item => (string?)item["role"]), ("STATE", StateOf), ("SINCE", item => (string?)item["createdAt"]));
        return ExitCodes.Ok;
    }

    private static string StateOf(JsonNode item) => item["disabledAt"] is not null ? "disabled" : (bool?)item["isInvited"] == true ? "invited" : "active";

    private static async Task<int> ActAsync(ParseResult parsed, ApiClient api, string email, string action, CancellationToken cancel)
    {
        if (action == "disable" && !Session.Confirm(parsed, $"Disable {email}?"))
            return ExitCodes.Failed;
        await api.PostAsync($"{PathOf(email)}/{action}", null, cancel);
        Output.Say($"{email} is {action}d.");
        return ExitCodes.Ok;
    }
}
