using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using Serving.Contracts.Joining;

namespace Serving.Gateway.Hosting;

/// <summary>Configuration of a gateway, section <c>Gateway</c>.</summary>
internal sealed class GatewayOptions
{
    public const string Section = "Gateway";

    private const string HttpUrl = @"^http://\S+$";

    /// <summary>Unique in the installation; default: the machine's name.</summary>
    [RegularExpression("^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")]
    public string Name { get; set; } = $"{System.Environment.MachineName}-gateway";

    /// <summary>Base address of the control plane; empty: this gateway works from its last node list alone.</summary>
    public string ControlPlaneUrl { get; set; } = "";

    /// <summary>PEM file with the only authorities that may have signed the control plane's certificate; empty: those that this machine trusts.</summary>
    public string ControlPlaneCa { get; set; } = "";

    /// <summary>Lets the control plane be on another machine without TLS: only for a network that nobody else is on.</summary>
    public bool PlainHttp { get; set; }

    /// <summary>Used once, to get this gateway's own credential.</summary>
    public string JoinToken { get; set; } = "";

    /// <summary>The environment this gateway is for; a node list of another one is refused.</summary>
    [Required]
    public string Environment { get; set; } = "production";

    /// <summary>Where the credential and the last node list are kept.</summary>
    [Required]
    public string CacheDirectory { get; set; } = "gateway-cache";

    /// <summary>Where clients are answered over HTTP/1.1.</summary>
    [RegularExpression(HttpUrl)]
    public string Url { get; set; } = "http://127.0.0.1:8080";

    /// <summary>Where clients are answered over HTTP/2 without TLS; empty: nowhere.</summary>
    [RegularExpression(HttpUrl)]
    public string Http2Url { get; set; } = "http://127.0.0.1:8081";

    /// <summary>Where <c>/metrics</c> and <c>/status</c> are answered while <see cref="Url"/> is not bound to loopback.</summary>
    [RegularExpression(HttpUrl)]
    public string ManagementUrl { get; set; } = "http://127.0.0.1:8082";

    /// <summary>How clients reach this gateway; empty: as it is bound.</summary>
    public string Address { get; set; } = "";

    /// <summary>How often the node list is asked for although nothing was pushed.</summary>
    [Range(typeof(TimeSpan), "00:00:00.2", "00:10:00")]
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How often this gateway reports to the control plane.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan ReportInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How often each node is asked whether it is ready.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan HealthInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a node may take to say that it is ready; late twice in a row, it is not.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan HealthTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How long connecting to a node may take.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a request may take, its retry included.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00")]
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(100);

    /// <summary>Largest request body that is kept for a retry, bytes; a larger one is passed on but not sent twice.</summary>
    [Range(0, 64 << 20)]
    public int RetryBodyLimit { get; set; } = 1 << 20;

    /// <summary>How long a stop waits for requests under way.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00")]
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(30);
}

[OptionsValidator]
internal sealed partial class GatewayOptionsValidator : IValidateOptions<GatewayOptions>;

/// <summary>A credential that everybody can read on its way is none.</summary>
internal sealed class GatewayTransportValidator : IValidateOptions<GatewayOptions>
{
    public ValidateOptionsResult Validate(string? name, GatewayOptions options) =>
        ControlPlaneTrust.WhyNot(options.ControlPlaneUrl, options.PlainHttp) is { } why ? ValidateOptionsResult.Fail($"Gateway:ControlPlaneUrl: {why}")
        : options.ControlPlaneCa.Length > 0 && !File.Exists(options.ControlPlaneCa) ? ValidateOptionsResult.Fail($"Gateway:ControlPlaneCa: there is no file '{options.ControlPlaneCa}'.")
        : ValidateOptionsResult.Success;
}
