using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using Serving.Contracts.Joining;

namespace Serving.Node.Hosting;

/// <summary>Configuration of a node, section <c>Node</c>.</summary>
internal sealed class NodeOptions
{
    public const string Section = "Node";

    /// <summary>Unique in the installation; default: the machine's name.</summary>
    [RegularExpression("^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")]
    public string Name { get; set; } = System.Environment.MachineName;

    /// <summary>Base address of the control plane; empty: this node works from <see cref="StateFile"/> alone.</summary>
    public string ControlPlaneUrl { get; set; } = "";

    /// <summary>PEM file with the only authorities that may have signed the control plane's certificate; empty: those that this machine trusts.</summary>
    public string ControlPlaneCa { get; set; } = "";

    /// <summary>Lets the control plane be on another machine without TLS: only for a network that nobody else is on.</summary>
    public bool PlainHttp { get; set; }

    /// <summary>Used once, to get this node's own credential.</summary>
    public string JoinToken { get; set; } = "";

    /// <summary>Where artifacts, the last applied state, the credential and unsent log segments are kept.</summary>
    [Required]
    public string CacheDirectory { get; set; } = "node-cache";

    /// <summary>The pool this node is for; a join token of another one is refused. Empty: the one that the token names.</summary>
    public string Pool { get; set; } = "";

    /// <summary>The environment this node is for; a join token of another one is refused. Empty: the one that the token names.</summary>
    public string Environment { get; set; } = "";

    /// <summary>Where predictions are answered over HTTP/1.1.</summary>
    [Required]
    public string Url { get; set; } = "http://127.0.0.1:8000";

    /// <summary>Where predictions are answered over HTTP/2 without TLS; empty: nowhere.</summary>
    public string Http2Url { get; set; } = "http://127.0.0.1:8001";

    /// <summary>Where <c>/metrics</c> and <c>/status</c> are answered while <see cref="Url"/> is not bound to loopback.</summary>
    [Required]
    public string ManagementUrl { get; set; } = "http://127.0.0.1:8002";

    /// <summary>How others reach this node; empty: as it is bound.</summary>
    public string Address { get; set; } = "";

    /// <summary>How often the desired state is asked for although nothing was pushed.</summary>
    [Range(typeof(TimeSpan), "00:00:00.2", "00:10:00")]
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How often this node reports although nothing changed.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan ReportInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Memory that releases without traffic may take, bytes; 0: half of the machine's.</summary>
    [Range(0, long.MaxValue)]
    public long WarmMemory { get; set; }

    /// <summary>Memory this process may take, bytes; 0: three quarters of the machine's. A request that needs more is answered with an error.</summary>
    [Range(0, long.MaxValue)]
    public long MemoryLimit { get; set; }

    /// <summary>Memory for the answers of releases whose outputs are embeddings, bytes, all endpoints together; 0: none are kept.</summary>
    [Range(0, long.MaxValue)]
    public long EmbeddingCacheBytes { get; set; } = 64L << 20;

    /// <summary>Memory that the process of one release with <c>isolation: process</c> may hold where its <c>runtime.memory</c> says nothing, bytes; one that holds more is replaced.</summary>
    [Range(64L << 20, long.MaxValue >> 1)]
    public long WorkerMemory { get; set; } = 1L << 30;

    /// <summary>Disk left free by downloads, bytes.</summary>
    [Range(0, long.MaxValue)]
    public long DiskReserve { get; set; } = 256L << 20;

    /// <summary>A download that brings no byte for so long is begun again where it stopped.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan StallTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Longest life of a probe process.</summary>
    [Range(typeof(TimeSpan), "00:00:05", "00:10:00")]
    public TimeSpan ProbeTimeout { get; set; } = TimeSpan.FromSeconds(90);

    /// <summary>How long a stop waits for requests under way.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00")]
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a release must serve before a crash of the process is not held against it.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan ProvenAfter { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How long prediction log rows wait to be sealed into a segment.</summary>
    [Range(typeof(TimeSpan), "00:00:00.5", "00:10:00")]
    public TimeSpan LogSealInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Unsent segments of the prediction log, bytes.</summary>
    [Range(1 << 20, long.MaxValue)]
    public long LogOutboxBytes { get; set; } = 512L << 20;

    /// <summary>A desired state written by hand, for a node without a control plane.</summary>
    public string StateFile { get; set; } = "";

    /// <summary>Artifacts for <see cref="StateFile"/>: a folder for each digest, named by its hex digits.</summary>
    public string ArtifactDirectory { get; set; } = "";
}

[OptionsValidator]
internal sealed partial class NodeOptionsValidator : IValidateOptions<NodeOptions>;

/// <summary>A credential that everybody can read on its way is none.</summary>
internal sealed class NodeTransportValidator : IValidateOptions<NodeOptions>
{
    public ValidateOptionsResult Validate(string? name, NodeOptions options) =>
        ControlPlaneTrust.WhyNot(options.ControlPlaneUrl, options.PlainHttp) is { } why ? ValidateOptionsResult.Fail($"Node:ControlPlaneUrl: {why}")
        : options.ControlPlaneCa.Length > 0 && !File.Exists(options.ControlPlaneCa) ? ValidateOptionsResult.Fail($"Node:ControlPlaneCa: there is no file '{options.ControlPlaneCa}'.")
        : ValidateOptionsResult.Success;
}
