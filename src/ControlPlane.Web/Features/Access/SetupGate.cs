using ControlPlane.Data;
using Microsoft.EntityFrameworkCore;

namespace ControlPlane.Web.Features.Access;

/// <summary>Once somebody exists there is no set-up page. Answered before the page: the framework would show its own page for a 404.</summary>
internal sealed class SetupGate(RequestDelegate next, IDbContextFactory<ControlPlaneDb> factory)
{
    private volatile bool _isDone;

    public async Task InvokeAsync(HttpContext http)
    {
        if (!HttpMethods.IsPost(http.Request.Method) && http.Request.Path.StartsWithSegments("/setup", StringComparison.OrdinalIgnoreCase) && await IsDoneAsync(http.RequestAborted))
        {
            http.Response.StatusCode = StatusCodes.Status404NotFound;
            http.Response.ContentType = "text/plain; charset=utf-8";
            await http.Response.WriteAsync("There is nothing to set up: an administrator exists. Sign in at /sign-in, or ask an administrator for an invitation.", http.RequestAborted);
            return;
        }

        await next(http);
    }

    private async Task<bool> IsDoneAsync(CancellationToken cancel)
    {
        if (_isDone)
            return true;
        await using var db = await factory.CreateDbContextAsync(cancel);
        return _isDone = await db.Users.AnyAsync(cancel);
    }
}
