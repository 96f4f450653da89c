using System.Text.RegularExpressions;
using ControlPlane.Web.Tests.Kit;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.StaticAssets;

namespace ControlPlane.Web.Tests.Boundary;

/// <summary>Links, previews and pictures make browsers ask; nothing comes of it.</summary>
public sealed partial class LookingTests(HostedControlPlane hosted) : IClassFixture<HostedControlPlane>
{
    private static readonly string[] _changing = ["POST", "PUT", "PATCH", "DELETE"];

    [Fact]
    public async Task H79_Nothing_changes_by_get_or_head()
    {
        await Things.MakeAsync(hosted);
        await hosted.SettledAsync();
        var before = await hosted.SnapshotAsync();
        var written = await AuditAsync();
        var addresses = Looked().Distinct(StringComparer.Ordinal).ToList();
        var found = 0;

        foreach (var address in addresses)
        {
            foreach (var verb in new[] { HttpMethod.Get, HttpMethod.Head })
            {
                using var client = hosted.As("admin");
                using var answer = await client.SendAsync(new HttpRequestMessage(verb, address), HttpCompletionOption.ResponseHeadersRead);
                found += answer.IsSuccessStatusCode ? 1 : 0;
            }
        }

        await hosted.SettledAsync();
        Assert.Equal(before, await hosted.SnapshotAsync());
        Assert.Equal(written, await AuditAsync());
        Assert.True(found > addresses.Count / 2, $"Only {found} of {2 * addresses.Count} requests found something to look at.");
    }

    [Fact]
    public void H79_What_changes_has_an_address_of_its_own() =>
        Assert.DoesNotContain(hosted.Endpoints.OfType<RouteEndpoint>().Where(IsOurs), endpoint => VerbsOf(endpoint).Any(_changing.Contains) && VerbsOf(endpoint).Any(verb => !_changing.Contains(verb)));

    /// <summary>Neither a page, which takes forms that it checks, nor a live connection.</summary>
    private static bool IsOurs(RouteEndpoint endpoint) =>
        endpoint.Metadata.GetMetadata<Microsoft.AspNetCore.Components.Endpoints.ComponentTypeMetadata>() is null && endpoint.RoutePattern.RawText is { } route && !route.Contains("_blazor", StringComparison.Ordinal) && !route.Contains("hubs/", StringComparison.Ordinal);

    private static IReadOnlyList<string> VerbsOf(RouteEndpoint endpoint) => endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? [];

    /// <summary>Everything that answers to a look, with things that exist in the place of parameters.</summary>
    private IEnumerable<string> Looked() => hosted.Endpoints.OfType<RouteEndpoint>()
        .Where(endpoint => endpoint.Metadata.GetMetadata<StaticAssetDescriptor>() is null)
        .Where(endpoint => endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods is not { } verbs || verbs.Contains("GET") || verbs.Contains("HEAD"))
        .Select(endpoint => "/" + Parameter().Replace(endpoint.RoutePattern.RawText!.TrimStart('/'), part => Things.ValueOf(part.Groups[1].Value, endpoint.RoutePattern.RawText!)))
        .Select(address => address == "/api/v1/metrics/query" ? $"{address}?endpoint=production/fraud&metric=requests" : address is "/api/v1/requests" or "/api/v1/requests/" ? $"{address}?endpoint=production/fraud" : address)
        .Select(address => address.StartsWith("/charts", StringComparison.Ordinal) || address.StartsWith("/exports", StringComparison.Ordinal) ? $"{address}?endpoint=production/fraud" : address);

    private async Task<string> AuditAsync()
    {
        await using var db = hosted.Open();
        return string.Join('\n', db.AuditEntries.OrderBy(row => row.Id).Select(row => $"{row.Id} {row.Action} {row.Target} {row.Outcome}"));
    }

    [GeneratedRegex(@"\{\**(\w+)[^}]*\}")]
    private static partial Regex Parameter();
}
