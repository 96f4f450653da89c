using System.Text.Json.Nodes;
using ControlPlane.Demo.Bundles;
using ControlPlane.Demo.Training;

namespace ControlPlane.Demo.Api;

/// <summary>
/// Brings the demo into a control plane: a model with three versions, two endpoints that serve the first, a canary of the second that waits for a person, and one
/// of the third, which fails in production and goes back by itself. What is there already is left as it is.
/// </summary>
internal sealed class DemoLoader(ControlPlaneApi api, TextWriter talk)
{
    private const string Model = "fraud";
    private const string Environment = "environments/production/endpoints";
    private const int MostWaits = 10;

    public async Task LoadAsync(string folder, CancellationToken cancel)
    {
        if (await api.FindAsync($"models/{Model}", cancel) is null)
            await api.PostAsync("models", new JsonObject { ["name"] = Model, ["description"] = "Is this card payment fraud? Demo: made-up payments, see docs/demo.md." }, cancel);

        foreach (var recipe in FraudRecipe.All)
            await EnsureVersionAsync(recipe, folder, cancel);
        foreach (var endpoint in DemoEndpoints.All)
            await EnsureEndpointAsync(endpoint, cancel);
        await talk.WriteLineAsync("Demo: production/fraud and production/checkout serve version 1 of the model fraud.");

        if (await EnsureCanaryAsync(DemoEndpoints.Fraud, DemoCanaries.Good, cancel) is { } good)
            await talk.WriteLineAsync($"Demo: rollout #{good} brings version 2 to production/fraud once you approve it (page Approvals) and start it.");
        if (await EnsureCanaryAsync(DemoEndpoints.Checkout, DemoCanaries.Bad, cancel) is not { } bad)
            return;
        await api.PostAsync($"rollouts/{bad}/start", [], cancel);
        await talk.WriteLineAsync($"Demo: rollout #{bad} brings version 3 to production/checkout. It passed every check, fails on some payments, and will go back by itself.");
    }

    private async Task EnsureEndpointAsync(string name, CancellationToken cancel)
    {
        var endpoint = await api.FindAsync($"{Environment}/{name}", cancel);
        if (endpoint is null)
            await api.PostAsync(Environment, new JsonObject { ["name"] = name, ["monitor"] = new JsonObject { ["prediction"] = "probabilities[1]" } }, cancel);
        if (endpoint?["arms"] is not JsonArray { Count: > 0 })
            await api.PostAsync($"{Environment}/{name}/deploy?wait=60s", new JsonObject { ["model"] = Model, ["version"] = "1", ["strategy"] = "allAtOnce" }, cancel);
    }

    /// <returns>Its number, submitted; null: one was there already.</returns>
    private async Task<string?> EnsureCanaryAsync(string endpoint, JsonObject plan, CancellationToken cancel)
    {
        var there = await api.FindAsync($"rollouts?endpoint=production/{endpoint}", cancel);
        if (there?["items"] is JsonArray rollouts && rollouts.Any(rollout => (string?)rollout?["strategy"] == "canary"))
            return null;
        var made = await api.PostAsync($"{Environment}/{endpoint}/rollouts", (JsonObject)plan.DeepClone(), cancel);
        var id = (string?)made["id"] ?? throw new ApiException("A rollout was made without an id.");
        await api.PostAsync($"rollouts/{id}/submit", [], cancel);
        return id;
    }

    private async Task EnsureVersionAsync(FraudRecipe recipe, string folder, CancellationToken cancel)
    {
        var path = $"models/{Model}/versions/{recipe.Version}";
        if (await api.FindAsync(path, cancel) is null)
        {
            await talk.WriteLineAsync($"Demo: training version {recipe.Version} on {recipe.Rows:N0} made-up payments ...");
            var (bundle, _) = await FraudBundle.WriteAsync(recipe, folder, cancel);
            await api.PostFileAsync($"models/{Model}/versions", bundle, cancel);
        }

        for (var i = 0; i < MostWaits; i++)
        {
            var version = await api.FindAsync($"{path}?wait=30s", cancel) ?? throw new ApiException($"{path} is gone.");
            switch ((string?)version["status"])
            {
                case "Ready": return;
                case "Rejected": throw new ApiException($"Version {recipe.Version} was rejected: {version["checks"]?.ToJsonString()}");
            }
        }

        throw new ApiException($"Version {recipe.Version} is still being validated.");
    }
}
