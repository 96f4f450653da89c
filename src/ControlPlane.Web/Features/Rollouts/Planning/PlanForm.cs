using System.Globalization;
using System.Text.Json.Nodes;
using ControlPlane.Domain.Rollouts;
using ControlPlane.Domain.Rollouts.Gates;
using Serving.Contracts;

namespace ControlPlane.Web.Features.Rollouts.Planning;

/// <summary>A plan while it is typed: text as it stands in its fields. What it says is read from its document, as from any other.</summary>
public sealed class PlanForm
{
    /// <summary>Whose evidence nodes send; the others are refused.</summary>
    public static readonly IReadOnlyList<(string Key, string Name)> Templates = [(Strategies.Canary, "Canary"), (Strategies.BlueGreen, "Blue-green"), (Strategies.AllAtOnce, "All at once")];

    public string Strategy { get; set; } = Strategies.Canary;

    public List<StepForm> Steps { get; private init; } = [];

    public List<GateForm> Gates { get; private init; } = [];

    public bool NeedsApproval { get; set; }

    public string CoolDown { get; set; } = "24h";

    /// <summary>Of blue-green.</summary>
    public string Keep { get; set; } = "24h";

    public bool HasSteps => Strategy == Strategies.Canary;

    public static PlanForm Default() => Of(Canary.Plan(needsApproval: false));

    public static PlanForm Of(RolloutPlan plan) => new()
    {
        Strategy = plan.Strategy,
        Steps = [.. plan.Steps.Where(step => step.Kind != StepKind.Load).Select(StepForm.Of)],
        Gates = [.. plan.Gates.Select(GateForm.Of)],
        NeedsApproval = plan.NeedsApproval,
        CoolDown = Durations.Write(plan.CoolDown),
        Keep = Durations.Write(plan.KeepFor ?? TimeSpan.FromHours(24)),
    };

    /// <summary>One more step before the last, half-way to it.</summary>
    public void AddStep()
    {
        var before = Steps.Count > 1 && double.TryParse(Steps[^2].Weight, NumberStyles.Float, CultureInfo.InvariantCulture, out var weight) ? weight : 0;
        var step = new StepForm { Weight = Math.Round((before + 100) / 2, 2).ToString(CultureInfo.InvariantCulture), Hold = Steps.Count > 1 ? Steps[^2].Hold : "1h" };
        Steps.Insert(Math.Max(0, Steps.Count - 1), step);
    }

    public JsonObject ToDocument()
    {
        var document = new JsonObject { ["strategy"] = Strategy, ["approval"] = NeedsApproval ? "required" : "none" };
        if (Strategy == Strategies.BlueGreen)
            document["keep"] = Keep.Trim();
        if (!HasSteps)
            return document;
        document["steps"] = new JsonArray([.. Steps.Select(step => step.ToDocument())]);
        document["gates"] = new JsonArray([.. Gates.Select(gate => gate.ToDocument())]);
        document["coolDown"] = CoolDown.Trim();
        return document;
    }

    /// <summary>A number where it is one, else the text, which is then refused by its name.</summary>
    internal static JsonNode Number(string text) =>
        double.TryParse(text.Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? JsonValue.Create(number) : JsonValue.Create(text.Trim());

    internal static string Text(double number) => number.ToString("0.######", CultureInfo.InvariantCulture);
}

/// <summary>A row of the table of steps.</summary>
public sealed class StepForm
{
    /// <summary>Percent.</summary>
    public string Weight { get; set; } = "";

    public string Hold { get; set; } = "";

    /// <summary>Empty: none.</summary>
    public string MinSamples { get; set; } = "";

    public bool NeedsApproval { get; set; }

    public static StepForm Of(RolloutStep step) => new()
    {
        Weight = PlanForm.Text(step.Weight / 100d),
        Hold = step.Hold > TimeSpan.Zero ? Durations.Write(step.Hold) : "",
        MinSamples = step.MinSamples > 0 ? PlanForm.Text(step.MinSamples) : "",
        NeedsApproval = step.NeedsApproval,
    };

    public JsonObject ToDocument()
    {
        var document = new JsonObject { ["weight"] = $"{Weight.Trim()}%" };
        if (Hold.Trim().Length > 0)
            document["hold"] = Hold.Trim();
        if (MinSamples.Trim().Length > 0)
            document["minSamples"] = PlanForm.Number(MinSamples);
        if (NeedsApproval)
            document["approval"] = "required";
        return document;
    }
}
