using System.Net;

namespace ControlPlane.Cli.Api;

/// <summary>The control plane said no, or said nothing.</summary>
/// <param name="status">Null: it was not reached.</param>
internal sealed class ApiException(HttpStatusCode? status, string message, string? code = null) : Exception(message)
{
    public HttpStatusCode? Status => status;

    /// <summary>Stable code of the problem, such as <c>VersionInUse</c>.</summary>
    public string? Code => code;

    public int ExitCode => status switch
    {
        HttpStatusCode.NotFound => ExitCodes.NotFound,
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => ExitCodes.Permission,
        HttpStatusCode.Conflict or HttpStatusCode.PreconditionFailed or HttpStatusCode.PreconditionRequired => ExitCodes.Conflict,
        HttpStatusCode.UnprocessableEntity => ExitCodes.Rejected,
        HttpStatusCode.BadRequest => ExitCodes.Usage,
        HttpStatusCode.GatewayTimeout or HttpStatusCode.RequestTimeout => ExitCodes.Timeout,
        _ => ExitCodes.Failed,
    };
}

/// <summary>What scripts can rely on.</summary>
internal static class ExitCodes
{
    public const int Ok = 0;
    public const int Failed = 1;
    public const int Usage = 2;
    public const int NotFound = 3;
    public const int Permission = 4;
    public const int Conflict = 5;
    public const int Rejected = 6;
    public const int RolloutOtherwise = 7;
    public const int Timeout = 8;
    public const int Interrupted = 130;
}
