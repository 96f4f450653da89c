using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace ControlPlane.Web.Live;

/// <summary>Section <c>Gates</c>.</summary>
public sealed class GatesOptions
{
    public const string Section = "Gates";

    /// <summary>Evaluation window of the gates; length of one row of measurements.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan Window { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long rows of measurements are kept.</summary>
    [Range(typeof(TimeSpan), "01:00:00", "400.00:00:00")]
    public TimeSpan Retention { get; set; } = TimeSpan.FromDays(8);
}

[OptionsValidator]
internal sealed partial class GatesOptionsValidator : IValidateOptions<GatesOptions>;
