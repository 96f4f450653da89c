namespace ControlPlane.Web.Hosting;

/// <summary>Answers that the framework gives without a body.</summary>
internal static class StatusAnswers
{
    public static Task WriteAsync(HttpContext http)
    {
        if (Requests.IsForPeople(http))
            return Task.CompletedTask;

        var (code, message) = http.Response.StatusCode switch
        {
            400 => ("Malformed", "The request is malformed."),
            401 => ("Unauthenticated", "Sign in, or send Authorization: Bearer with a token that is valid."),
            403 => ("Forbidden", "This needs a right that you do not have."),
            404 => ("NotFound", "There is nothing at this address."),
            405 => ("MethodNotAllowed", $"{http.Request.Method} is not possible here."),
            413 => ("TooLarge", "The body is larger than this address takes."),
            415 => ("UnsupportedMediaType", $"Content-Type {http.Request.ContentType ?? "(none)"} is not one that this address takes."),
            429 => ("TooManyRequests", "Too many attempts. Wait a minute."),
            _ => ("Failed", "The request could not be answered."),
        };
        return Problems.WriteAsync(http, Problems.Details(http.Response.StatusCode, code, message));
    }
}
