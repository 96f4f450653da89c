using System.Diagnostics;
using ControlPlane.Domain.Primitives;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Serving.Contracts.Models;

namespace ControlPlane.Web.Hosting;

/// <summary>The one place where a refusal becomes an answer: RFC 9457 with a stable <c>code</c>.</summary>
internal static class Problems
{
    /// <summary>Seconds after which a caller may try again.</summary>
    private const string RetryAfter = "5";

    public static ProblemHttpResult From(Refusal refusal) => TypedResults.Problem(Details(refusal));

    /// <summary>With more members, such as the checks of an upload.</summary>
    public static ProblemHttpResult From(Refusal refusal, string member, object value)
    {
        var details = Details(refusal);
        details.Extensions[member] = value;
        return TypedResults.Problem(details);
    }

    public static ProblemDetails Details(Refusal refusal)
    {
        var details = Details(StatusOf(refusal.Kind), refusal.Code, refusal.Remedy is null ? refusal.Message : $"{refusal.Message} {refusal.Remedy}");
        if (refusal.Remedy is not null)
            details.Extensions["checks"] = new[] { new ModelCheck(refusal.Field ?? refusal.Code, ModelCheck.Failed, refusal.Message, refusal.Remedy) };
        if (refusal.Field is not null)
            details.Extensions["field"] = refusal.Field;
        return details;
    }

    public static ProblemDetails Details(int status, string code, string message)
    {
        var details = new ProblemDetails { Status = status, Title = code, Detail = message };
        details.Extensions["code"] = code;
        details.Extensions["traceId"] = Activity.Current?.TraceId.ToHexString();
        return details;
    }

    /// <summary>Writes a problem where there is no endpoint to return it from.</summary>
    public static Task WriteAsync(HttpContext http, ProblemDetails details)
    {
        http.Response.StatusCode = details.Status ?? StatusCodes.Status500InternalServerError;
        if (http.Response.StatusCode is StatusCodes.Status503ServiceUnavailable or StatusCodes.Status429TooManyRequests && http.Response.Headers.RetryAfter.Count == 0)
            http.Response.Headers.RetryAfter = RetryAfter;
        return http.Response.WriteAsJsonAsync(details, options: null, "application/problem+json", http.RequestAborted);
    }

    public static int StatusOf(RefusalKind kind) => kind switch
    {
        RefusalKind.Invalid => 400,
        RefusalKind.Unauthenticated => 401,
        RefusalKind.Forbidden => 403,
        RefusalKind.NotFound => 404,
        RefusalKind.NotAllowed => 409,
        RefusalKind.Stale => 412,
        RefusalKind.TooLarge => 413,
        RefusalKind.RangeNotSatisfiable => 416,
        RefusalKind.Unprocessable => 422,
        RefusalKind.PreconditionRequired => 428,
        RefusalKind.Overloaded => 429,
        RefusalKind.StorageFull => 507,
        _ => 503,
    };
}
