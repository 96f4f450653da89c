using System.CommandLine;
using ControlPlane.Cli.Api;

namespace ControlPlane.Cli.Commands;

/// <summary>Who did what, when and why.</summary>
internal static class AuditCommands
{
    private const int MostRows = 200;

    private static readonly Option<string?> _actor = new("--actor") { Description = "E-mail of a person, token:NAME, the name of a node, or automatic." };
    private static readonly Option<string?> _target = new("--target") { Description = "Such as rollout/42 or endpoint/production/fraud." };
    private static readonly Option<string?> _outcome = new("--outcome") { Description = "done, denied or rejected." };
    private static readonly Option<string?> _from = new("--from") { Description = "An instant, such as 2026-05-03T12:00:00Z." };
    private static readonly Option<string?> _to = new("--to") { Description = "An instant; rows before it." };

    public static Command Build()
    {
        var limit = new Option<int>("--limit") { Description = "How many, 1 to 200.", DefaultValueFactory = _ => 50 };
        var format = new Option<string>("--format") { Description = "csv or json.", DefaultValueFactory = _ => "csv" };
        var into = new Option<string?>("--into") { Description = "File to write; it must not exist." };
        var head = new Option<string?>("--head") { Description = "A head that the log showed before, number:seal: finds an end that was cut off." };
        return Verb.Noun("audit", "Who did what, when and why.",
            Verb.Of("list", "Lists rows, newest first.", ["cpctl audit list --target rollout/42", "cpctl audit list --outcome denied --limit 200 -o json"],
                (parsed, api, cancel) => ListAsync(parsed, api, parsed.GetValue(limit), cancel), _actor, _target, _outcome, _from, _to, limit),
            Verb.Of("export", "Writes up to 100,000 rows into a file.", ["cpctl audit export --from 2026-05-01T00:00:00Z", "cpctl audit export --format json --into audit.json"],
                (parsed, api, cancel) => ExportAsync(parsed, api, parsed.GetValue(format)!, parsed.GetValue(into), cancel), _actor, _target, _outcome, _from, _to, format, into),
            Verb.Of("verify", "Goes over the whole chain; exit code 1 when it is broken.", ["cpctl audit verify", "cpctl audit verify --head 10412:9f…"],
                (parsed, api, cancel) => VerifyAsync(parsed, api, parsed.GetValue(head), cancel), head));
    }

    private static async Task<int> ListAsync(ParseResult parsed, ApiClient api, int limit, CancellationToken cancel)
    {
        if (limit is < 1 or > MostRows)
            throw new UsageException("--limit is 1 to 200. For more, use cpctl audit export.");
        var part = await api.GetAsync($"audit?limit={limit}{Filter(parsed)}", cancel);
        Output.List(Session.FormOf(parsed), part["items"]!.AsArray(),
            ("ROW", row => (string?)row["id"]), ("AT", row => (string?)row["at"]), ("ACTOR", row => (string?)row["actor"]), ("ACTION", row => (string?)row["action"]),
            ("TARGET", row => (string?)row["target"]), ("OUTCOME", row => (string?)row["outcome"]), ("REASON", row => (string?)row["reason"]));
        return ExitCodes.Ok;
    }

    private static async Task<int> ExportAsync(ParseResult parsed, ApiClient api, string format, string? into, CancellationToken cancel)
    {
        if (format is not ("csv" or "json"))
            throw new UsageException("--format is csv or json.");
        var path = into ?? $"audit.{format}";
        await using (var file = new FileStream(path, FileMode.CreateNew))
            await api.DownloadAsync($"audit/export?format={format}{Filter(parsed)}", file, cancel);
        Output.Say($"Wrote {path}.");
        return ExitCodes.Ok;
    }

    private static async Task<int> VerifyAsync(ParseResult parsed, ApiClient api, string? head, CancellationToken cancel)
    {
        var check = await api.GetAsync(head is null ? "audit/verify" : $"audit/verify?head={Uri.EscapeDataString(head)}", cancel);
        var isIntact = (bool)check["intact"]!;
        Output.Show(Session.FormOf(parsed), check, (string)check["head"]!,
            ("Chain", isIntact ? "intact" : "broken"), ("Rows", check["rows"]?.ToString()), ("Problem", (string?)check["problem"]), ("First bad row", (string?)check["firstBadRow"]),
            ("Not sealed yet", check["unsealed"]?.ToString()), ("Head", (string?)check["head"]));
        return isIntact ? ExitCodes.Ok : ExitCodes.Failed;
    }

    private static string Filter(ParseResult parsed) => string.Concat(
        new[] { ("actor", _actor), ("target", _target), ("outcome", _outcome), ("from", _from), ("to", _to) }
            .Select(pair => parsed.GetValue(pair.Item2) is { } value ? $"&{pair.Item1}={Uri.EscapeDataString(value)}" : ""));
}
