using System.ComponentModel.DataAnnotations;
using ControlPlane.Web.Hosting;
using Microsoft.Extensions.Options;

namespace ControlPlane.Web.Features.Registry;

/// <summary>The throw-away process in which a model is looked at for the first time.</summary>
public sealed class InspectOptions
{
    public const string Section = "Local";

    /// <summary>The program <c>Serving.Node</c>; absent: the one of this build or installation.</summary>
    public string? NodeProgram { get; set; }

    /// <summary>How long an inspection may take.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan InspectTimeout { get; set; } = TimeSpan.FromSeconds(90);

    /// <summary>Bytes of heap and data that the model may take while it is loaded and run once.</summary>
    [Range(256L << 20, 1L << 40)]
    public long InspectMemory { get; set; } = 2L << 30;

    internal string Program() => NodeProgram ?? Programs.Find("Serving.Node");
}

[OptionsValidator]
internal sealed partial class InspectOptionsValidator : IValidateOptions<InspectOptions>;
