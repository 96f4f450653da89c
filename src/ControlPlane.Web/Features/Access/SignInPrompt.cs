using ControlPlane.Web.Hosting;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;

namespace ControlPlane.Web.Features.Access;

/// <summary>What someone gets who is not signed in: a program 401, a person the sign-in page, which says so when a session has ended.</summary>
internal static class SignInPrompt
{
    public static Task AnswerAsync(RedirectContext<CookieAuthenticationOptions> context, string cookieName)
    {
        if (!Hosting.Requests.IsForPeople(context.HttpContext))
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return Task.CompletedTask;
        }

        // A cookie that cannot be read any more: it expired, or the keys it was made with are gone.
        var ended = context.Request.Cookies.ContainsKey(cookieName);
        if (ended)
            context.Response.Cookies.Delete(cookieName);
        var back = LocalPath.Of(context.Request.PathBase + context.Request.Path + context.Request.QueryString);
        context.Response.Redirect(SignInEndpoints.Page(ended ? "SessionEnded" : null, back));
        return Task.CompletedTask;
    }
}
