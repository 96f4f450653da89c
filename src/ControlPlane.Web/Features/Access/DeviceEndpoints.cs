using ControlPlane.Data;
using ControlPlane.Data.Identity;
using ControlPlane.Domain.Identity;
using ControlPlane.Domain.Primitives;
using ControlPlane.Web.Hosting;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;

namespace ControlPlane.Web.Features.Access;

/// <summary><c>cpctl login</c>: a terminal asks for a code, a person lets it in on <c>/device</c>, the terminal gets a session of that person.</summary>
internal static class DeviceEndpoints
{
    private const string DevicePage = "/device";

    public static void MapDevice(this IEndpointRouteBuilder app)
    {
        app.MapPost("/api/v1/device", Begin).AllowAnonymous().RequireRateLimiting(AccessFeature.SignInLimit);
        app.MapPost("/api/v1/device/token", TakeAsync).AllowAnonymous().RequireRateLimiting(AccessFeature.FormLimit);
        app.MapPost(DevicePage, AnswerAsync).RequireRateLimiting(AccessFeature.FormLimit).DisableAntiforgery().ExcludeFromDescription();
    }

    private static IResult Begin(DeviceSignIns devices) => devices.Begin() is { } waiting
        ? TypedResults.Ok(new DeviceStarted(waiting.DeviceCode, waiting.UserCode, $"{DevicePage}?code={waiting.UserCode}", DeviceSignIns.PollSeconds, waiting.ExpiresAt))
        : Problems.From(new Refusal("TooManyWaiting", "Too many terminals wait to be let in. Try again in some minutes.", RefusalKind.Overloaded));

    private static async Task<IResult> TakeAsync(DeviceQuestion question, DeviceSignIns devices, IDbContextFactory<ControlPlaneDb> factory, TokenCommands tokens, CancellationToken cancel)
    {
        var (isKnown, answer) = devices.Take(question.DeviceCode);
        if (!isKnown)
            return Problems.From(new Refusal("DeviceCodeExpired", "The code has expired or was used. Run cpctl login again.", RefusalKind.Invalid));
        if (answer is null)
            return Problems.From(new Refusal("AuthorizationPending", "Nobody has answered in the browser yet.", RefusalKind.NotAllowed));

        await using var db = await factory.CreateDbContextAsync(cancel);
        if (answer.Email is not { } email || await db.RoleOfPersonAsync(email, cancel) is not { } role)
            return Problems.From(new Refusal("AccessDenied", "It was refused in the browser.", RefusalKind.Forbidden));
        var opened = await tokens.OpenSessionAsync(email, role.Name(), cancel);
        return opened.TryGet(out var session, out var refusal) ? TypedResults.Ok(new DeviceSession(session.Token, session.ExpiresAt, email)) : Problems.From(refusal);
    }

    private static async Task<IResult> AnswerAsync(
        HttpContext http, [FromForm] string? code, [FromForm] string? answer, DeviceSignIns devices, IDbContextFactory<ControlPlaneDb> factory, TimeProvider time, IAntiforgery antiforgery,
        CancellationToken cancel)
    {
        if (await Forms.OfAsync(http, antiforgery) != FormState.Valid)
            return Problems.From(new Refusal("AntiforgeryRequired", "The form was out of date or not ours, so nothing was done. Open the page again and repeat.", RefusalKind.Invalid));
        var actor = http.User.Actor();
        if (!actor.IsRecent(time.GetUtcNow()))
            return Results.LocalRedirect(Proofs.Page($"{DevicePage}?code={Uri.EscapeDataString(code ?? "")}"));

        var isLetIn = answer == "allow";
        if (devices.Find(code) is not { } waiting || !waiting.TryAnswer(new(isLetIn ? actor.Name : null)))
            return Results.LocalRedirect($"{DevicePage}?done=unknown");
        await using var db = await factory.CreateDbContextAsync(cancel);
        db.Audit(actor, isLetIn ? "device.allowed" : "device.refused", $"person/{actor.Name}", time.GetUtcNow());
        await db.SaveChangesAsync(cancel);
        return Results.LocalRedirect($"{DevicePage}?done={(isLetIn ? "allowed" : "refused")}");
    }

    private sealed record DeviceStarted(string DeviceCode, string UserCode, string VerificationPath, int Interval, DateTimeOffset ExpiresAt)
    {
        public override string ToString() => $"Terminal until {ExpiresAt:O}";
    }

    private sealed record DeviceQuestion(string? DeviceCode)
    {
        public override string ToString() => "Terminal";
    }

    private sealed record DeviceSession(string Token, DateTimeOffset ExpiresAt, string Email)
    {
        public override string ToString() => $"Session until {ExpiresAt:O}";
    }
}
