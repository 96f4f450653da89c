using System.Data.Common;
using System.Net.Sockets;
using System.Text.Json;
using ControlPlane.Domain.Primitives;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace ControlPlane.Web.Hosting;

/// <summary>The one handler at the edge: what nobody answered becomes a problem for programs and a page for people.</summary>
internal sealed partial class UnansweredErrors(ILogger<UnansweredErrors> logger) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (httpContext.RequestAborted.IsCancellationRequested && exception is OperationCanceledException or IOException)
        {
            httpContext.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
            return true;
        }

        var details = exception switch
        {
            BadHttpRequestException bad when bad.InnerException is AntiforgeryValidationException => Problems.Details(400, "FormExpired", "The form is out of date. Load the page again and repeat."),
            BadHttpRequestException bad => Problems.Details(bad.StatusCode, CodeOf(bad.StatusCode), Words(bad)),
            DbUpdateConcurrencyException => Problems.Details(Refusal.Stale("It")),
            _ when IsUnreachable(exception) => Problems.Details(503, "DatabaseUnavailable", "The database cannot be reached. Serving is not affected; try again in a moment."),
            _ => Problems.Details(500, "Internal", "The control plane could not answer. Serving is not affected. The trace id finds the reason in the log."),
        };
        if (details.Status == 503)
            LogUnreachable(ReasonOf(exception));
        else if (details.Status == 500)
            LogUnanswered(exception, httpContext.Request.Method, httpContext.Features.Get<IExceptionHandlerPathFeature>()?.Path ?? httpContext.Request.Path);

        if (details.Status >= 500 && Requests.IsForPeople(httpContext))
        {
            httpContext.Response.StatusCode = details.Status.Value;
            return false;       // the error page
        }

        await Problems.WriteAsync(httpContext, details);
        return true;
    }

    /// <summary>What the database's client says; what lies beneath may be no more than "Success".</summary>
    public static string ReasonOf(Exception exception)
    {
        for (var cause = exception; cause is not null; cause = cause.InnerException)
        {
            if (cause is DbException)
                return cause.Message;
        }

        return exception.GetBaseException().Message;
    }

    /// <summary>Lost connections, full or read-only disks and exhausted retries; not a broken statement.</summary>
    public static bool IsUnreachable(Exception exception)
    {
        for (var cause = exception; cause is not null; cause = cause.InnerException)
        {
            if (cause is RetryLimitExceededException or SocketException || (cause is DbException database && (database.IsTransient || SaysUnreachable(database))))
                return true;
        }

        return false;
    }

    private static bool SaysUnreachable(DbException failure) =>
        failure is Microsoft.Data.Sqlite.SqliteException { SqliteErrorCode: 5 or 6 or 8 or 10 or 13 or 14 or 26 } or Npgsql.NpgsqlException { InnerException: IOException or TimeoutException } or Microsoft.Data.SqlClient.SqlException { Class: >= 20 };

    private static string CodeOf(int status) => status switch
    {
        408 => "TooSlow",
        413 => "TooLarge",
        415 => "UnsupportedMediaType",
        _ => "Malformed",
    };

    private static string Words(BadHttpRequestException bad) =>
        bad.InnerException is JsonException json ? $"The body is not what is expected: {json.Message}" : bad.Message;

    [LoggerMessage(LogLevel.Error, "{Method} {Path} failed")]
    private partial void LogUnanswered(Exception failure, string method, string path);

    [LoggerMessage(LogLevel.Warning, "The database cannot be reached: {Reason}")]
    private partial void LogUnreachable(string reason);
}
