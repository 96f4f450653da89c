using System.Text.Json.Nodes;
using ControlPlane.Demo.Bundles;
using ControlPlane.Demo.Training;

namespace ControlPlane.Demo.Api;

/// <summary>Brings the demo into a control plane: model, two versions, an endpoint that serves the first. What is there already is left as it is.</summary>
internal sealed class DemoLoader(ControlPlaneApi api, TextWriter talk)
{
    private const string Model = "fraud";
    private const string Endpoint = "environments/production/endpoints/fraud";
    private const int MostWaits = 10;

    public async Task LoadAsync(string folder, CancellationToken cancel)
    {
        if (await api.FindAsync($"models/{Model}", cancel) is null)
            await api.PostAsync("models", new JsonObject { ["name"] = Model, ["description"] = "Is this card payment fraud? Demo: made-up payments, see docs/demo.md." }, cancel);

        foreach (var recipe in new[] { FraudRecipe.First, FraudRecipe.Second })
            await EnsureVersionAsync(recipe, folder, cancel);

        var endpoint = await api.FindAsync(Endpoint, cancel);
        if (endpoint is null)
            await api.PostAsync("environments/production/endpoints", new JsonObject { ["name"] = Model, ["monitor"] = new JsonObject { ["prediction"] = "probabilities[1]" } }, cancel);

        if (endpoint?["arms"] is not JsonArray { Count: > 0 })
            await api.PostAsync($"{Endpoint}/deploy?wait=60s", new JsonObject { ["model"] = Model, ["version"] = "1", ["strategy"] = "allAtOnce" }, cancel);
        await talk.WriteLineAsync("Demo: endpoint production/fraud serves the model fraud; version 2 is ready to be deployed.");
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
