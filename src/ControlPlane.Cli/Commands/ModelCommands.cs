using System.CommandLine;
using System.Text.Json.Nodes;
using ControlPlane.Cli.Api;

namespace ControlPlane.Cli.Commands;

internal static class ModelCommands
{
    public static Command Build()
    {
        var model = new Argument<string>("MODEL") { Description = "Name of the model." };
        var description = new Option<string?>("--description") { Description = "What it is, Markdown." };
        return Verb.Noun("model", "Models, under whose names versions are kept.",
            Verb.Of("list", "Lists models.", ["cpctl model list", "cpctl model list -o name"], ListAsync),
            Verb.Of("show", "Shows a model.", ["cpctl model show fraud", "cpctl model show fraud -o json"], (parsed, api, cancel) => ShowAsync(parsed, api, parsed.GetValue(model)!, cancel), model),
            Verb.Of("create", "Makes a model.", ["cpctl model create fraud", "cpctl model create fraud --description 'Card fraud'"],
                (parsed, api, cancel) => CreateAsync(parsed, api, parsed.GetValue(model)!, parsed.GetValue(description), cancel), model, description));
    }

    private static async Task<int> ListAsync(ParseResult parsed, ApiClient api, CancellationToken cancel)
    {
        Output.List(Session.FormOf(parsed), await api.ListAsync("models", cancel),
            ("NAME", item => (string?)item["name"]), ("VERSIONS", item => item["versions"]?.ToString()), ("CREATED BY", item => (string?)item["createdBy"]), ("CREATED", item => (string?)item["createdAt"]));
        return ExitCodes.Ok;
    }

    private static async Task<int> ShowAsync(ParseResult parsed, ApiClient api, string name, CancellationToken cancel)
    {
        var model = await api.GetAsync($"models/{Uri.EscapeDataString(name)}", cancel);
        Output.Show(Session.FormOf(parsed), model, name,
            ("Name", (string?)model["name"]), ("Description", (string?)model["description"]), ("Versions", model["versions"]?.ToString()), ("Aliases", model["aliases"]?.ToJsonString()),
            ("Created by", (string?)model["createdBy"]), ("Created", (string?)model["createdAt"]));
        Output.Say($"Page: {api.Server}/models/{name}");
        return ExitCodes.Ok;
    }

    private static async Task<int> CreateAsync(ParseResult parsed, ApiClient api, string name, string? description, CancellationToken cancel)
    {
        var body = new JsonObject { ["name"] = name };
        if (description is not null)
            body["description"] = description;
        var model = await api.PostAsync("models", body, cancel);
        Output.Show(Session.FormOf(parsed), model, name, ("Name", name));
        Output.Say($"Page: {api.Server}/models/{name}");
        return ExitCodes.Ok;
    }
}
