using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Logging;

namespace ControlPlane.Web.Tests.Kit;

/// <summary>A small OpenID Connect provider on a free port of this machine, which can be told to lie.</summary>
internal sealed class IdentityProvider : IAsyncDisposable
{
    public const string ClientId = "control-plane";

    private readonly RSA _key = RSA.Create(2048);
    private readonly WebApplication _app;
    private readonly Dictionary<string, string?> _nonces = [];

    private IdentityProvider(WebApplication app) => _app = app;

    public string Address { get; private set; } = "";

    /// <summary>Claims of the next identity token; a null value takes a claim away.</summary>
    public Dictionary<string, object?> Claims { get; } = new() { ["sub"] = "subject-1", ["email"] = "noor@northwind.example", ["email_verified"] = true, ["groups"] = new[] { "ml-admins" } };

    public string Algorithm { get; set; } = "RS256";

    /// <summary>Signs with a key that it has not published.</summary>
    public bool IsForged { get; set; }

    public static async Task<IdentityProvider> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var provider = new IdentityProvider(builder.Build());
        provider.Map();
        await provider._app.StartAsync();
        provider.Address = provider._app.Urls.Single();
        return provider;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _key.Dispose();
    }

    private void Map()
    {
        _app.MapGet("/.well-known/openid-configuration", () => Results.Json(new Dictionary<string, object>
        {
            ["issuer"] = Address, ["authorization_endpoint"] = $"{Address}/authorize", ["token_endpoint"] = $"{Address}/token", ["jwks_uri"] = $"{Address}/keys",
            ["response_types_supported"] = new[] { "code" }, ["subject_types_supported"] = new[] { "public" }, ["id_token_signing_alg_values_supported"] = new[] { "RS256" },
        }));
        _app.MapGet("/keys", () => Results.Json(new { keys = new[] { new { kty = "RSA", use = "sig", kid = "1", alg = "RS256", n = Text(_key.ExportParameters(false).Modulus!), e = Text(_key.ExportParameters(false).Exponent!) } } }));
        _app.MapGet("/authorize", (HttpContext http) =>
        {
            var code = RandomNumberGenerator.GetHexString(32);
            _nonces[code] = http.Request.Query["nonce"];
            return Results.Redirect(QueryHelpers.AddQueryString(http.Request.Query["redirect_uri"]!, new Dictionary<string, string?> { ["code"] = code, ["state"] = http.Request.Query["state"] }));
        });
        _app.MapPost("/token", async (HttpContext http) =>
        {
            var form = await http.Request.ReadFormAsync();
            return _nonces.Remove(form["code"].ToString(), out var nonce)
                ? Results.Json(new { access_token = "none", token_type = "Bearer", expires_in = 60, id_token = TokenOf(nonce) })
                : Results.Json(new { error = "invalid_grant" }, statusCode: StatusCodes.Status400BadRequest);
        });
    }

    private string TokenOf(string? nonce)
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        var claims = new Dictionary<string, object?> { ["iss"] = Address, ["aud"] = ClientId, ["iat"] = now, ["exp"] = now + 300, ["auth_time"] = now, ["nonce"] = nonce };
        foreach (var (name, value) in Claims)
            claims[name] = value;
        var said = claims.Where(claim => claim.Value is not null).ToDictionary();
        var signed = $"{Text(JsonSerializer.SerializeToUtf8Bytes(new { alg = Algorithm, typ = "JWT", kid = "1" }))}.{Text(JsonSerializer.SerializeToUtf8Bytes(said))}";
        using var other = RSA.Create(2048);
        return Algorithm == "none" ? $"{signed}." : $"{signed}.{Text((IsForged ? other : _key).SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))}";
    }

    private static string Text(byte[] bytes) => WebEncoders.Base64UrlEncode(bytes);
}
