using System.Net.Http.Json;
using ControlPlane.Domain.Registry;
using ControlPlane.Web.Tests.Pages;
using Microsoft.EntityFrameworkCore;
using Testing;

namespace ControlPlane.Web.Tests.Kit;

/// <summary>One thing of each kind, and some that are gone or belong elsewhere.</summary>
internal static class Things
{
    /// <summary>
    /// Models <c>fraud</c> (versions 1 and 2; 3 was deleted) and <c>other</c> (version 1, alias <c>champion</c>), endpoints <c>production/fraud</c> and
    /// <c>staging/only-staging</c>, rollout 1 that has ended, and an unfinished upload of the administrator.
    /// </summary>
    /// <returns>Ids by kind: <c>token</c>, <c>upload</c>, <c>release</c>.</returns>
    public static async Task<IReadOnlyDictionary<string, string>> MakeAsync(HostedControlPlane hosted)
    {
        await using (var db = hosted.Open())
        {
            var (fraud, other) = (Samples.Model("fraud"), Samples.Model("other"));
            db.AddRange(fraud, Samples.Version(fraud), Samples.Version(fraud), other, Samples.Version(other));
            Samples.Version(fraud);
            db.Aliases.Add(new ModelAlias { ModelId = other.Id, Name = "champion", Number = 1 });
            await db.SaveChangesAsync();
        }

        using var admin = hosted.As("admin");
        await PostAsync("/api/v1/environments/production/endpoints", new { name = "fraud" });
        await PostAsync("/api/v1/environments/staging/endpoints", new { name = "only-staging" });
        await PostAsync("/api/v1/environments/production/endpoints/fraud/deploy", new { model = "fraud", version = "1" });
        await PostAsync("/api/v1/rollouts/1/abort", new { reason = "for the test" });
        await Eventually.TrueAsync(
            async () =>
            {
                await using var db = hosted.Open();
                return !await db.Rollouts.AnyAsync(rollout => rollout.IsOpen);
            },
            TimeSpan.FromSeconds(30),
            "the rollout has ended");
        var upload = await (await admin.PostAsJsonAsync("/api/v1/models/fraud/uploads", new { name = "m.onnx", size = 10 })).JsonAsync();
        await hosted.SettledAsync();

        await using var made = hosted.Open();
        return new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["token"] = (await made.ApiTokens.FirstAsync()).Id.Value.ToString(),
            ["upload"] = upload.Text("id")!,
            ["release"] = (await made.Releases.FirstAsync()).Id,
        };

        async Task PostAsync(string path, object body) => Assert.True((await admin.PostAsJsonAsync(path, body)).IsSuccessStatusCode, path);
    }

    /// <summary>What stands for a parameter of an address.</summary>
    public static string ValueOf(string parameter, string route) => parameter.ToLowerInvariant() switch
    {
        "model" or "endpoint" => "fraud",
        "environment" or "environmentname" => "production",
        "version" or "number" => "1",
        "node" => "node-1",
        "name" => route.Contains("nodes", StringComparison.Ordinal) ? "node-1" : "fraud",
        "kind" => "latency",
        "documentname" => "v1",
        "email" => HostedControlPlane.EmailOf("viewer"),
        "sha256" => new string('0', 64),
        "id" when route.Contains("guid", StringComparison.Ordinal) => Guid.Empty.ToString(),
        _ => "none",
    };
}
