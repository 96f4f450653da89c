using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace ControlPlane.Web.Features.Requests;

/// <summary>The log of predictions.</summary>
public sealed class LakeOptions
{
    public const string Section = "Lake";

    /// <summary>How long logged predictions are kept; whole days are removed.</summary>
    [Range(typeof(TimeSpan), "1.00:00:00", "4000.00:00:00")]
    public TimeSpan Retention { get; set; } = TimeSpan.FromDays(30);
}

[OptionsValidator]
internal sealed partial class LakeOptionsValidator : IValidateOptions<LakeOptions>;
