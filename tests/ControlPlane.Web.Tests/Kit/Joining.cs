using System.Net.Http.Headers;
using System.Net.Http.Json;
using Serving.Contracts.Joining;

namespace ControlPlane.Web.Tests.Kit;

/// <summary>Nodes of a hosted control plane, over plain HTTP.</summary>
internal static class Joining
{
    public static async Task<string> JoinTokenAsync(this HostedControlPlane hosted, string environment = "production", string pool = "default", int uses = 1)
    {
        using var admin = hosted.As("admin");
        using var made = await admin.PostAsJsonAsync("/api/v1/nodes/join-tokens", new { environment, pool, uses });
        return (await made.JsonAsync()).Text("token")!;
    }

    public static async Task<HttpResponseMessage> AskToJoinAsync(this HostedControlPlane hosted, object body)
    {
        using var anybody = hosted.As("anon");
        return await anybody.PostAsJsonAsync("/node/v1/join", body);
    }

    /// <returns>The credential.</returns>
    public static async Task<string> JoinAsync(this HostedControlPlane hosted, string name, string environment = "production", string pool = "default")
    {
        using var answer = await hosted.AskToJoinAsync(new { joinToken = await hosted.JoinTokenAsync(environment, pool), name });
        answer.EnsureSuccessStatusCode();
        return (await answer.JsonAsync()).Text("credential")!;
    }

    public static async Task<HttpResponseMessage> AskAsync(this HostedControlPlane hosted, string? bearer, string path, HttpMethod? method = null, string? session = null, HttpContent? content = null, string? range = null)
    {
        using var client = hosted.As("anon");
        var request = new HttpRequestMessage(method ?? HttpMethod.Get, path) { Content = content };
        if (bearer is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", bearer);
        if (session is not null)
            request.Headers.Add(JoinRequest.SessionHeader, session);
        if (range is not null)
            request.Headers.TryAddWithoutValidation("Range", range);
        return await client.SendAsync(request);
    }
}
