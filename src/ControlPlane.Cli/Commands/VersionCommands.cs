using System.CommandLine;
using System.Text.Json.Nodes;
using ControlPlane.Cli.Api;

namespace ControlPlane.Cli.Commands;

internal static class VersionCommands
{
    public static Command Build()
    {
        var model = new Argument<string>("MODEL") { Description = "Name of the model." };
        var version = new Argument<string>("VERSION") { Description = "Number or alias." };
        var file = new Argument<FileInfo>("FILE") { Description = "An .onnx file, or a bundle as .zip." };
        var number = new Option<int?>("--version-number") { Description = "Number to give it; else the next." };
        var notes = new Option<string?>("--notes") { Description = "What is new." };
        var wait = new Option<bool>("--wait") { Description = "Wait for the end of the validation; exit 6 when it is rejected." };
        var timeout = new Option<string>("--timeout") { Description = "Longest wait, such as 90s or 5m.", DefaultValueFactory = _ => "5m" };
        var into = new Option<string?>("--into") { Description = "File to write; else its own name." };
        return Verb.Noun("version", "Versions of a model.",
            Verb.Of("push", "Uploads a version; what was cut off goes on where it stopped.", ["cpctl version push fraud fraud.onnx --wait", "cpctl version push fraud bundle.zip --notes 'More features'"],
                (parsed, api, cancel) => PushAsync(parsed, api, parsed.GetValue(model)!, parsed.GetValue(file)!, parsed.GetValue(number), parsed.GetValue(notes), parsed.GetValue(wait), Durations.Parse(parsed.GetValue(timeout)!), cancel),
                model, file, number, notes, wait, timeout),
            Verb.Of("list", "Lists the versions of a model.", ["cpctl version list fraud", "cpctl version list fraud -o json"], (parsed, api, cancel) => ListAsync(parsed, api, parsed.GetValue(model)!, cancel), model),
            Verb.Of("show", "Shows a version and its validation.", ["cpctl version show fraud 2", "cpctl version show fraud champion"],
                (parsed, api, cancel) => ShowAsync(parsed, api, parsed.GetValue(model)!, parsed.GetValue(version)!, cancel), model, version),
            Verb.Of("download", "Downloads the files of a version.", ["cpctl version download fraud 2", "cpctl version download fraud 2 --into v2.zip"],
                (parsed, api, cancel) => DownloadAsync(api, parsed.GetValue(model)!, parsed.GetValue(version)!, parsed.GetValue(into), cancel), model, version, into));
    }

    public static Command BuildAlias()
    {
        var model = new Argument<string>("MODEL") { Description = "Name of the model." };
        var alias = new Argument<string>("ALIAS") { Description = "Such as champion." };
        var version = new Argument<string>("VERSION") { Description = "Number of the version it points at." };
        return Verb.Noun("alias", "Names that point at a version.",
            Verb.Of("set", "Points an alias at a version.", ["cpctl alias set fraud champion 2", "cpctl alias set fraud challenger 3"], async (parsed, api, cancel) =>
            {
                await api.PutAsync($"models/{parsed.GetValue(model)}/aliases/{parsed.GetValue(alias)}", new JsonObject { ["version"] = parsed.GetValue(version) }, cancel);
                return ExitCodes.Ok;
            }, model, alias, version),
            Verb.Of("remove", "Removes an alias.", ["cpctl alias remove fraud challenger", "cpctl alias remove fraud champion --yes"], async (parsed, api, cancel) =>
            {
                await api.DeleteAsync($"models/{parsed.GetValue(model)}/aliases/{parsed.GetValue(alias)}", cancel);
                return ExitCodes.Ok;
            }, model, alias));
    }

    private static async Task<int> PushAsync(
        ParseResult parsed, ApiClient api, string model, FileInfo file, int? number, string? notes, bool wait, TimeSpan timeout, CancellationToken cancel)
    {
        if (!file.Exists)
            throw new UsageException($"There is no file {file.FullName}.");
        var pushed = await Upload.SendAsync(api, model, file, number, notes, cancel);
        var version = (string)pushed["version"]!;
        var page = $"{api.Server}/models/{model}/versions/{version}";
        if (!wait)
        {
            Output.Show(Session.FormOf(parsed), pushed, version, ("Version", version), ("Status", (string?)pushed["status"]), ("Digest", (string?)pushed["digest"]));
            Output.Say($"Page: {page}");
            return ExitCodes.Ok;
        }

        var done = await EndOfValidationAsync(api, $"models/{model}/versions/{version}", timeout, cancel);
        Print(parsed, done, version);
        Output.Say($"Page: {page}");
        return (string?)done["status"] switch { "Ready" => ExitCodes.Ok, "Rejected" => ExitCodes.Rejected, _ => ExitCodes.Timeout };
    }

    /// <summary>One question waits a minute at most, so that no proxy between gives up on it.</summary>
    private static async Task<JsonNode> EndOfValidationAsync(ApiClient api, string path, TimeSpan timeout, CancellationToken cancel)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var left = timeout - TimeProvider.System.GetElapsedTime(began);
            var seen = await api.GetAsync($"{path}?wait={(int)Math.Clamp(left.TotalSeconds, 1, 60)}s", cancel);
            if ((string?)seen["status"] is "Ready" or "Rejected" || left <= TimeSpan.Zero)
                return seen;
        }
    }

    private static async Task<int> ListAsync(ParseResult parsed, ApiClient api, string model, CancellationToken cancel)
    {
        Output.List(Session.FormOf(parsed), await api.ListAsync($"models/{model}/versions", cancel),
            ("VERSION", item => (string?)item["version"]), ("STATUS", item => (string?)item["status"]), ("SIZE", item => item["size"]?.ToString()),
            ("UPLOADED BY", item => (string?)item["uploadedBy"]), ("UPLOADED", item => (string?)item["uploadedAt"]));
        return ExitCodes.Ok;
    }

    private static async Task<int> ShowAsync(ParseResult parsed, ApiClient api, string model, string version, CancellationToken cancel)
    {
        Print(parsed, await api.GetAsync($"models/{model}/versions/{version}", cancel), version);
        Output.Say($"Page: {api.Server}/models/{model}/versions/{version}");
        return ExitCodes.Ok;
    }

    private static async Task<int> DownloadAsync(ApiClient api, string model, string version, string? into, CancellationToken cancel)
    {
        var about = await api.GetAsync($"models/{model}/versions/{version}", cancel);
        var path = into ?? Path.GetFileName((string?)about["fileName"] ?? $"{model}-{version}.onnx");
        await using (var file = new FileStream(path, FileMode.CreateNew))
            await api.DownloadAsync($"models/{model}/versions/{version}/download", file, cancel);
        Output.Say($"Wrote {path}.");
        return ExitCodes.Ok;
    }

    private static void Print(ParseResult parsed, JsonNode version, string name)
    {
        var checks = (version["checks"] as JsonArray ?? []).Select(check =>
            ($"  {check!["check"]}", (string?)$"{check["outcome"]}: {check["detail"]}{(check["remedy"] is { } remedy ? $" What to do: {remedy}" : "")}"));
        Output.Show(Session.FormOf(parsed), version, name,
            [("Version", (string?)version["version"]), ("Status", (string?)version["status"]), ("Digest", (string?)version["digest"]), ("Size", version["size"]?.ToString()), ("Checks", " "), .. checks]);
    }
}
