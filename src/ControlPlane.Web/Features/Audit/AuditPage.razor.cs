using ControlPlane.Web.Shared;
using Microsoft.AspNetCore.Components;

namespace ControlPlane.Web.Features.Audit;

/// <summary>Who did what, when and why.</summary>
public sealed partial class AuditPage(Reads reads)
{
    private const int Size = 50;
    private static readonly string[] _outcomes = ["done", "denied", "rejected"];

    private Read<AuditView>? _read;
    private string? _asked;
    private AuditCheck? _check;
    private bool _isChecking;
    private string? _refused;

    [SupplyParameterFromQuery] private string? Actor { get; set; }
    [SupplyParameterFromQuery] private string? Target { get; set; }
    [SupplyParameterFromQuery] private string? Outcome { get; set; }
    [SupplyParameterFromQuery] private string? From { get; set; }
    [SupplyParameterFromQuery] private string? To { get; set; }
    [SupplyParameterFromQuery] private string? Cursor { get; set; }

    [Inject] private AuditReader Audit { get; set; } = null!;

    [Inject] private Act Act { get; set; } = null!;

    [Inject] private NavigationManager Navigation { get; set; } = null!;

    private AuditQuery Query => new(Actor, Target, null, Outcome, AuditQuery.Instant(From), AuditQuery.Instant(To));

    private bool IsFiltered => Query != new AuditQuery() && Query != new AuditQuery("", "", null, "");

    protected override async Task OnParametersSetAsync()
    {
        var asked = $"audit:{Query}:{Cursor}";
        if (asked == _asked)
            return;
        _asked = asked;
        _check = Audit.LastCheck;
        var (query, cursor) = (Query, Cursor);
        _read = reads.Of(asked, cancel => ReadAsync(query, cursor, cancel));
        if (!_read.HasValue)
            await _read.RunAsync();
    }

    private async Task<AuditView> ReadAsync(AuditQuery query, string? cursor, CancellationToken cancel)
    {
        var (rows, denied) = await Act.DoAsync(actor => Audit.ListAsync(actor, query, Size, cursor, cancel));
        return new AuditView(rows?.Items ?? [], rows?.NextCursor, denied);
    }

    private async Task VerifyAsync()
    {
        _isChecking = true;
        try
        {
            (var check, _refused) = await Act.DoAsync(actor => Audit.VerifyAsync(actor, null, CancellationToken.None));
            _check = check ?? _check;
        }
        finally
        {
            _isChecking = false;
        }
    }

    private string Export(string format) => Navigation.GetUriWithQueryParameters("api/v1/audit/export", new Dictionary<string, object?>
    {
        ["format"] = format,
        ["actor"] = Actor,
        ["target"] = Target,
        ["outcome"] = Outcome,
        ["from"] = AuditQuery.Instant(From)?.ToString("O"),
        ["to"] = AuditQuery.Instant(To)?.ToString("O"),
    });

    /// <param name="Denied">Why nothing is shown; null: it is.</param>
    private sealed record AuditView(IReadOnlyList<AuditRow> Rows, string? Next, string? Denied);
}
