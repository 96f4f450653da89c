using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace ControlPlane.Web.Features.Nodes;

/// <summary>Processes that this control plane starts and watches on its own machine, section <c>Local</c>.</summary>
public sealed class LocalOptions
{
    public const string Section = "Local";

    /// <summary><c>production/default=1;staging/default=1</c>: how many nodes of which environment and pool; empty: none.</summary>
    [RegularExpression("^([a-z0-9._-]+/[a-z0-9._-]+=[0-9]{1,2}(;|$))*$")]
    public string Nodes { get; set; } = "";

    /// <summary>A gateway of production.</summary>
    public bool Gateway { get; set; }

    /// <summary>The embedded feature store.</summary>
    public bool Store { get; set; }

    /// <summary>First port of the first production node; its HTTP/2 port is the next one. Nodes of other environments take ports 10 higher.</summary>
    [Range(1, 65000)]
    public int NodePort { get; set; } = 8000;

    [Range(1, 65000)]
    public int GatewayPort { get; set; } = 8080;

    /// <summary>0: a free one is found and kept.</summary>
    [Range(0, 65000)]
    public int StorePort { get; set; }

    public string? NodeProgram { get; set; }

    public string? GatewayProgram { get; set; }

    public string? StoreProgram { get; set; }
}

[OptionsValidator]
internal sealed partial class LocalOptionsValidator : IValidateOptions<LocalOptions>;
