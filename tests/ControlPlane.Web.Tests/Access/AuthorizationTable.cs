using System.Net;
using System.Net.Http.Headers;
using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using ControlPlane.Web.Features.Nodes;
using ControlPlane.Web.Tests.Kit;
using Microsoft.AspNetCore.Components.Endpoints;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.StaticAssets;

namespace ControlPlane.Web.Tests.Access;

/// <summary>
/// <c>authorization.txt</c>: what each kind of caller gets at each endpoint. A cell is <c>ok</c> (let through, whatever comes of it), <c>401</c>,
/// <c>403</c> or <c>in</c> (sent to the sign-in page).
/// </summary>
internal static partial class AuthorizationTable
{
    public const string StaticAsset = "GET static assets";

    private static readonly string _path = Path.Combine(Testing.Repository.Root, "tests", "ControlPlane.Web.Tests", "Access", "authorization.txt");

    public static IReadOnlyList<Row> Rows { get; } = [.. File.ReadLines(_path).Where(line => line.Length > 0 && line[0] != '#').Select(Row.Parse)];

    /// <summary>Verb and address of everything that answers, in the words of the table.</summary>
    public static IEnumerable<string> Found(IEnumerable<Microsoft.AspNetCore.Http.Endpoint> endpoints) => endpoints.OfType<RouteEndpoint>()
        .SelectMany(endpoint => endpoint.Metadata.GetMetadata<StaticAssetDescriptor>() is not null
            ? [StaticAsset]
            : endpoint.Metadata.GetMetadata<ComponentTypeMetadata>() is not null
            ? [$"PAGE /{endpoint.RoutePattern.RawText!.TrimStart('/')}"]
            : (endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["ANY"]).Select(method => $"{method} /{endpoint.RoutePattern.RawText!.TrimStart('/')}"))
        .Concat(typeof(NodeHub).GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly).Where(method => !method.IsVirtual).Select(method => $"HUB {nameof(NodeHub)}.{method.Name}"))
        .Distinct(StringComparer.Ordinal)
        .Order(StringComparer.Ordinal);

    public static async Task<string> AskAsync(HttpClient client, Row row)
    {
        using var request = new HttpRequestMessage(new HttpMethod(row.Verb is "ANY" or "PAGE" ? "GET" : row.Verb), row.Address);
        request.Headers.IfMatch.Add(EntityTagHeaderValue.Any);
        if (row.Body is not null)
            request.Content = new StringContent(row.Body, Encoding.UTF8, row.Body[0] == '{' ? "application/json" : "application/octet-stream");
        using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        // A form that was let through may lead back to the sign-in page by itself; only who was stopped is brought back to the form.
        var signIn = row.Verb == "POST" ? "/sign-in?returnUrl=" : "/sign-in";
        if (answer.StatusCode == HttpStatusCode.Found && answer.Headers.Location?.OriginalString.StartsWith(signIn, StringComparison.Ordinal) == true)
            return "in";
        return answer.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden && await IsDenialAsync(answer) ? ((int)answer.StatusCode).ToString() : "ok";
    }

    /// <summary>A wrong password or join token is an answer of the endpoint itself, to somebody who was let ask.</summary>
    private static async Task<bool> IsDenialAsync(HttpResponseMessage answer)
    {
        if (answer.Content.Headers.ContentType?.MediaType != "application/problem+json")
            return true;
        using var problem = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        return problem.RootElement.GetProperty("code").GetString() is "Unauthenticated" or "Forbidden" or "InteractiveApprovalRequired";
    }

    /// <param name="Key">As found: <c>POST /api/v1/models</c>.</param>
    /// <param name="Address">With something in the place of each parameter.</param>
    internal sealed partial record Row(string Key, string Verb, string Address, IReadOnlyList<string> Cells, string? Body)
    {
        public static Row Parse(string line)
        {
            var parts = line.Split('|', 3, StringSplitOptions.TrimEntries);
            var key = parts[0].Split(" with ")[0];
            var given = parts[0].Contains(" with ", StringComparison.Ordinal) ? parts[0].Split(" with ")[1] : "";
            var words = key.Split(' ', 2);
            var address = words[1] == "static assets" ? "/css/base.css" : Parameter().Replace(words[1], parameter => given.Split(',').Select(pair => pair.Split('=')).FirstOrDefault(pair => pair[0] == parameter.Groups[1].Value)?[1]
                ?? (parameter.Value.Contains(":guid", StringComparison.Ordinal) ? Guid.Empty.ToString() : parameter.Value.Contains(":int", StringComparison.Ordinal) ? "999" : "none"));
            return new(key, words[0], given.StartsWith('?') ? address + given : address, parts[1].Split(' ', StringSplitOptions.RemoveEmptyEntries), parts.ElementAtOrDefault(2));
        }

        public override string ToString() => $"{Verb} {Address}";

        [GeneratedRegex(@"\{\**(\w+)[^}]*\}")]
        private static partial Regex Parameter();
    }
}
