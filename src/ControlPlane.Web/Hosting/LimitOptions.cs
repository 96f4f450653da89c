using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace ControlPlane.Web.Hosting;

/// <summary>What this process takes on at a time, and how much of it from one caller.</summary>
public sealed class LimitOptions
{
    public const string Section = "Limits";

    /// <summary>Open connections of everybody together: plain ones, and as many again that were upgraded to the live connections of pages, nodes and gateways.</summary>
    [Range(10, 1_000_000)]
    public int MaxConnections { get; set; } = 10_000;

    /// <summary>Requests a minute from one address that come without a valid sign-in or token. Files of pages do not count.</summary>
    [Range(10, 1_000_000)]
    public int AnonymousPerMinute { get; set; } = 1_200;

    /// <summary>Requests a minute of one person or one token.</summary>
    [Range(10, 10_000_000)]
    public int SignedInPerMinute { get; set; } = 6_000;

    /// <summary>Charts and their tables a minute of one person or one token: each may have to be drawn.</summary>
    [Range(10, 1_000_000)]
    public int ChartsPerMinute { get; set; } = 600;
}

[OptionsValidator]
internal sealed partial class LimitOptionsValidator : IValidateOptions<LimitOptions>;
