using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ControlPlane.Data;
using Microsoft.AspNetCore.Mvc;

namespace ControlPlane.Web.Hosting;

/// <summary>
/// A command sent twice with one <c>Idempotency-Key</c> is carried out once and answered the same both times, also when both come at once or the process
/// ended in between. Kept for a day; the same key with another body is refused.
/// </summary>
internal sealed class IdempotentCommands(RequestDelegate next, CommandAnswers answers, TimeProvider time)
{
    public const string Header = "Idempotency-Key";
    public const string ReplayedHeader = "Idempotency-Replayed";

    private const int LongestKey = 255;
    private const int LongestHashedBody = 1 << 20;
    private static readonly ProblemDetails _answerLost =
        Problems.Details(409, "AnswerLost", "This command was carried out, but its answer was lost. Look at what it was to create; sending it again does nothing.");

    private static readonly TimeSpan _look = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan _longestWait = TimeSpan.FromMinutes(2);

    public async Task InvokeAsync(HttpContext http)
    {
        var key = http.Request.Headers[Header].ToString();
        if (key.Length == 0 || !HttpMethods.IsPost(http.Request.Method) || !http.Request.Path.StartsWithSegments("/api", StringComparison.OrdinalIgnoreCase) || http.User.Identity is not { IsAuthenticated: true })
        {
            await next(http);
            return;
        }

        if (key.Length > LongestKey || key.Any(letter => letter is < '!' or > '~'))
        {
            await Problems.WriteAsync(http, Problems.Details(400, "Invalid", $"{Header} takes 1 to {LongestKey} visible ASCII letters."));
            return;
        }

        var id = Hash($"{http.User.Identity.Name}\n{http.Request.Path}\n{key}");
        var fingerprint = await FingerprintAsync(http.Request, http.RequestAborted);
        if (await answers.ClaimAsync(id, fingerprint, http.RequestAborted) is not { } known)
            await CarryOutAsync(http, id, fingerprint);
        else if (known.Fingerprint != fingerprint)
            await Problems.WriteAsync(http, Problems.Details(422, "IdempotencyKeyReused", $"This {Header} was sent with another body or query. Use a new key for a new command."));
        else
            await AnswerAsync(http, await AnsweredAsync(known, http.RequestAborted));
    }

    private async Task CarryOutAsync(HttpContext http, string id, string fingerprint)
    {
        var response = http.Response;
        var wire = response.Body;
        using var kept = new MemoryStream();
        response.Body = kept;
        try
        {
            CommandAnswers.Begin(id);
            await next(http);
        }
        catch
        {
            response.Body = wire;
            await answers.ForgetAsync(id);
            await answers.AnsweredAsync(Lost(id, fingerprint));
            throw;
        }

        response.Body = wire;
        if (response.StatusCode is StatusCodes.Status429TooManyRequests or >= StatusCodes.Status500InternalServerError)
            await answers.ForgetAsync(id);
        else
            await answers.AnsweredAsync(AnswerOf(http, id, fingerprint, kept));
        kept.Position = 0;
        await kept.CopyToAsync(wire, http.RequestAborted);
    }

    /// <summary>For what changed something and then ended, such as a caller that hung up.</summary>
    private CommandAnswer Lost(string id, string fingerprint) => new()
    {
        Id = id,
        Fingerprint = fingerprint,
        CreatedAt = time.GetUtcNow(),
        Status = StatusCodes.Status409Conflict,
        ContentType = "application/problem+json",
        Body = JsonSerializer.SerializeToUtf8Bytes(_answerLost),
    };

    private CommandAnswer AnswerOf(HttpContext http, string id, string fingerprint, MemoryStream body) => new()
    {
        Id = id,
        Fingerprint = fingerprint,
        CreatedAt = time.GetUtcNow(),
        Status = http.Response.StatusCode,
        ContentType = http.Response.ContentType,
        Location = http.Response.Headers.Location.ToString() is { Length: > 0 } location ? location : null,
        ETag = http.Response.Headers.ETag.ToString() is { Length: > 0 } tag ? tag : null,
        Body = http.GetEndpoint()?.Metadata.GetMetadata<ShownOnce>() is null ? body.ToArray() : null,
    };

    /// <summary>The first one may still be under way.</summary>
    private async Task<CommandAnswer?> AnsweredAsync(CommandAnswer known, CancellationToken cancel)
    {
        var began = time.GetTimestamp();
        CommandAnswer? now = known;
        while (now is { Status: null } && time.GetElapsedTime(began) < _longestWait && !(now.IsCarriedOut && time.GetUtcNow() - now.CreatedAt > _longestWait))
        {
            await Task.Delay(_look, time, cancel);
            now = await answers.FindAsync(known.Id, cancel);
        }

        return now;
    }

    private static Task AnswerAsync(HttpContext http, CommandAnswer? given)
    {
        if (given is null)
            return Problems.WriteAsync(http, Problems.Details(409, "IdempotentCommandFailed", "The same command was sent before and failed while this one waited for its answer. Send it again."));
        if (given.Status is null)
        {
            return Problems.WriteAsync(http, given.IsCarriedOut
                ? _answerLost
                : Problems.Details(409, "IdempotentCommandUnderWay", "The same command is still under way. Send it again in a while."));
        }

        if (given.Body is null)
            return Problems.WriteAsync(http, Problems.Details(409, "ShownOnce", "This command was carried out, and its answer holds a secret that is shown once only. Revoke what it made and make a new one with a new key."));

        http.Response.StatusCode = given.Status.Value;
        http.Response.ContentType = given.ContentType;
        http.Response.Headers[ReplayedHeader] = "true";
        if (given.Location is not null)
            http.Response.Headers.Location = given.Location;
        if (given.ETag is not null)
            http.Response.Headers.ETag = given.ETag;
        return http.Response.Body.WriteAsync(given.Body, http.RequestAborted).AsTask();
    }

    /// <summary>Files are too long to be read twice; their length stands for them.</summary>
    /// <exception cref="BadHttpRequestException">413: a body of JSON that no command takes.</exception>
    private static async Task<string> FingerprintAsync(HttpRequest request, CancellationToken cancel)
    {
        var head = $"{request.QueryString}\n{request.ContentType}\n";
        if (!request.HasJsonContentType())
            return Hash($"{head}{request.ContentLength}");
        request.EnableBuffering(LongestHashedBody, LongestHashedBody);
        using var body = new MemoryStream();
        try
        {
            await request.Body.CopyToAsync(body, cancel);
        }
        catch (IOException tooLong) when (tooLong is not BadHttpRequestException && body.Length > 0)
        {
            throw new BadHttpRequestException($"A command has at most {LongestHashedBody} bytes.", StatusCodes.Status413PayloadTooLarge, tooLong);
        }

        request.Body.Position = 0;
        return Hash(head + Convert.ToHexStringLower(SHA256.HashData(body.ToArray())));
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}

/// <summary>Marks an endpoint whose answer holds a secret that is kept nowhere.</summary>
internal sealed record ShownOnce;
