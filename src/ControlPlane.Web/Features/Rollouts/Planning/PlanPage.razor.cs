using System.Globalization;
using ControlPlane.Domain.Primitives;
using ControlPlane.Domain.Rollouts;
using ControlPlane.Web.Features.Endpoints;
using ControlPlane.Web.Shared;
using Microsoft.AspNetCore.Components;
using Serving.Contracts.State;

namespace ControlPlane.Web.Features.Rollouts.Planning;

/// <summary>A change one can defend: what, in which steps, held against what, and what would be seen if it were bad.</summary>
public sealed partial class PlanPage(EndpointsNow endpoints, EndpointPageQueries versions, NavigationManager navigation)
{
    private IReadOnlyList<string> _endpoints = [];
    private IReadOnlyList<string> _versions = [];
    private IReadOnlyList<Crumb> _crumbs = [];
    private PlanForm _plan = PlanForm.Default();
    private PlanSituation? _situation;
    private PlanToEdit? _edited;
    private RolloutPlan? _read;
    private Refusal? _refusal;
    private string? _refused;
    private string _words = " ";
    private string _endpoint = "";
    private string _version = "";
    private bool _isMissing;
    private bool _isSaving;

    [Inject] private PlanningQueries Queries { get; set; } = null!;
    [Inject] private RolloutActions Actions { get; set; } = null!;

    /// <summary>Of the rollout that is edited; null: a new one.</summary>
    [Parameter] public int? Number { get; set; }

    /// <summary><c>environment/name</c> to begin with.</summary>
    [SupplyParameterFromQuery(Name = "endpoint")] private string? Endpoint { get; set; }

    /// <summary><c>model@number</c> to begin with; a number alone is of the model that serves.</summary>
    [SupplyParameterFromQuery(Name = "version")] private string? Version { get; set; }

    private string Sentence => (_situation, Chosen) switch
    {
        (null, _) => "Choose where, what and how; the right side says what would happen.",
        ({ } where, null) => $"{where.Stable ?? "Nothing"} serves {where.Environment}/{where.Endpoint} now.",
        ({ } where, { } to) => $"{(where.Stable is null ? "" : $"v{where.Stable.Split('@')[^1]} to ")}v{to.Number} on {where.Environment}/{where.Endpoint}{Measure}.",
    };

    private string Measure
    {
        get
        {
            if (_read is null)
                return "";
            var (steps, hold) = (_read.Steps.Count(step => step.Kind != StepKind.Load), _read.Steps.Aggregate(TimeSpan.Zero, (sum, step) => sum + step.Hold));
            var approvals = (_read.NeedsApproval ? 1 : 0) + _read.Steps.Count(step => step.NeedsApproval);
            return $", {Figures.Plural(steps, "step")}{(hold > TimeSpan.Zero ? $", at least {Figures.Duration(hold)}" : "")}{(approvals > 0 ? $", needs {Figures.Plural(approvals, "approval")}" : "")}";
        }
    }

    private (string Model, int Number)? Chosen =>
        _version.Split('@') is [var model, var number] && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var asked) ? (model, asked) : null;

    private string? WhyNotSave => _edited?.WhyNot ?? (_situation is null ? "Choose an endpoint" : Chosen is null ? "Choose a version" : _refusal?.Message);

    protected override async Task OnInitializedAsync()
    {
        _crumbs = [new("Rollouts", "rollouts"), new(Number is null ? "New rollout" : $"#{Number}", Number is null ? null : $"rollouts/{Number}")];
        if (Number is { } number)
        {
            _edited = await Queries.ToEditAsync(number, CancellationToken.None);
            _isMissing = _edited is null;
            if (_edited is null)
                return;
            (_endpoint, _version, _plan) = (_edited.Endpoint, _edited.Version, PlanForm.Of(_edited.Plan));
            _crumbs = [.. _crumbs, new("Edit")];
        }
        else
        {
            (_endpoint, _version) = (Endpoint ?? "", Version ?? "");
        }

        _endpoints = await endpoints.NamesAsync(CancellationToken.None);
        if (!_endpoints.Contains(_endpoint))
            _endpoint = "";
        await LookAsync();
    }

    private async Task LookAsync()
    {
        _situation = _endpoint.Length == 0 ? null : await Queries.FindAsync(_endpoint, _version, Number, CancellationToken.None);
        var model = _situation?.Stable?.Split('@')[0];
        if (model is not null && _version.Length > 0 && !_version.Contains('@', StringComparison.Ordinal))
        {
            _version = $"{model}@{_version}";
            _situation = await Queries.FindAsync(_endpoint, _version, Number, CancellationToken.None);
        }

        _versions = [.. (await versions.DeployableAsync(model, CancellationToken.None)).Select(version => $"{version.Model}@{version.Number}")];
        if (!_versions.Contains(_version))
            _version = "";
        if (_situation?.Setting.IsProtected == true)
            _plan.NeedsApproval = true;
        // The first version can only come all at once: there is nothing to share traffic with.
        if (_situation is { Setting.Stable: null } && Number is null)
            _plan.Strategy = Strategies.AllAtOnce;
        Check();
    }

    private void Choose(string strategy)
    {
        _plan.Strategy = strategy;
        Check();
    }

    /// <summary>The same reading that the command does.</summary>
    private void Check()
    {
        _refused = null;
        if (_situation is null)
        {
            (_read, _refusal) = (null, null);
            return;
        }

        var isRead = PlanCommands.Read(_plan.ToDocument(), _situation.Setting).TryGet(out var plan, out var refusal);
        (_read, _refusal) = (isRead ? plan : null, refusal);
        _words = _read is null ? " " : PlanWords.Of(_read);
    }

    private Task SaveAsync() => WriteAsync(submits: false);

    private Task SubmitAsync() => WriteAsync(submits: true);

    private async Task WriteAsync(bool submits)
    {
        if (WhyNotSave is not null || _isSaving)
            return;
        _isSaving = true;
        try
        {
            var order = new PlanOrder(Chosen!.Value.Model, Chosen.Value.Number.ToString(CultureInfo.InvariantCulture), Runtime, _plan.ToDocument());
            var (rollout, refused) = Number is { } number
                ? await Actions.EditAsync(number, order, _edited!.Stamp, CancellationToken.None)
                : await Actions.DraftAsync(_situation!.Environment, _situation.Endpoint, order, CancellationToken.None);
            if (rollout is not null && submits)
                refused = await Actions.DoAsync(rollout.Number, RolloutAction.Submit, "", CancellationToken.None);
            _refused = refused;
            // What was written is there, also when it could not be submitted: its page has the button.
            if (rollout is not null)
                navigation.NavigateTo($"rollouts/{rollout.Number}");
        }
        finally
        {
            _isSaving = false;
        }
    }

    /// <summary>An edit of the plan leaves the release as it was.</summary>
    private RuntimeConfiguration? Runtime => _edited is { } edited && edited.Version == _version ? edited.Runtime : null;
}
