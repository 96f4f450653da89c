using System.CommandLine;
using System.Text.Json.Nodes;
using ControlPlane.Cli.Api;

namespace ControlPlane.Cli.Commands;

internal static class EnvironmentCommands
{
    public static Command Build() => Verb.Noun("environment", "Where endpoints and nodes are.",
        Verb.Of("list", "Lists environments.", ["cpctl environment list", "cpctl environment list -o json"], async (parsed, api, cancel) =>
        {
            Output.List(Session.FormOf(parsed), await api.ListAsync("environments", cancel),
                ("ENVIRONMENT", item => (string?)item["name"]), ("PROTECTED", item => item["protected"]?.GetValue<bool>() == true ? "yes" : "no"), ("REVISION", item => item["revision"]?.ToString()));
            return ExitCodes.Ok;
        }),
        Set("create", "Makes an environment.", isProtected: null), Set("protect", "From now on a second person approves what is deployed there.", isProtected: true), Unprotect());

    private static Command Set(string verb, string description, bool? isProtected)
    {
        var name = Name();
        return Verb.Of(verb, description, [$"cpctl environment {verb} production", $"cpctl environment {verb} canary -o json"], async (parsed, api, cancel) =>
            Show(parsed, await api.PostAsync("environments", isProtected is { } said ? new JsonObject { ["name"] = parsed.GetValue(name), ["protected"] = said } : new JsonObject { ["name"] = parsed.GetValue(name) }, cancel)), name);
    }

    private static Command Unprotect()
    {
        var name = Name();
        return Verb.Of("unprotect", "One person alone may deploy there again; asks for a recent sign-in.", ["cpctl environment unprotect staging", "cpctl environment unprotect staging -o json"],
            async (parsed, api, cancel) => Show(parsed, await api.PatchAsync($"environments/{Uri.EscapeDataString(parsed.GetValue(name)!)}", new JsonObject { ["protected"] = false }, cancel)), name);
    }

    private static Argument<string> Name() => new("NAME") { Description = "Such as production." };

    private static int Show(ParseResult parsed, JsonNode answer)
    {
        Output.Show(Session.FormOf(parsed), answer, (string)answer["name"]!, ("Environment", (string?)answer["name"]), ("Protected", answer["protected"]?.GetValue<bool>() == true ? "yes" : "no"));
        return ExitCodes.Ok;
    }
}
