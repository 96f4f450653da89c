using System.Text.Json.Nodes;
using ControlPlane.Cli.Api;

namespace ControlPlane.Cli.Commands;

/// <summary>Shows a code, and waits until somebody lets it in on the page <c>/device</c>.</summary>
internal static class DeviceLogin
{
    public static async Task<JsonNode> RunAsync(ApiClient api, CancellationToken cancel)
    {
        var started = await api.PostAsync("device", null, cancel);
        var code = (string)started["userCode"]!;
        Console.Error.WriteLine($"Open {api.Server}{started["verificationPath"]} in a browser and allow the code {code[..4]}-{code[4..]}.");
        Console.Error.WriteLine("Waiting; Ctrl+C ends it.");

        using var timer = new PeriodicTimer(TimeSpan.FromSeconds((int)started["interval"]!));
        while (await timer.WaitForNextTickAsync(cancel))
        {
            try
            {
                return await api.PostAsync("device/token", new JsonObject { ["deviceCode"] = (string)started["deviceCode"]! }, cancel);
            }
            catch (ApiException waiting) when (waiting.Code is "AuthorizationPending" or "TooManyRequests")
            {
                // Nobody has answered yet; the code itself ends the wait after ten minutes.
            }
        }

        throw new OperationCanceledException(cancel);
    }
}
