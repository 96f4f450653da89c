using System.ComponentModel.DataAnnotations;
using ControlPlane.Data.Artifacts;
using Microsoft.Extensions.Options;

namespace ControlPlane.Web.Hosting;

/// <summary>Where artifacts are kept and how large they may be.</summary>
public sealed class ArtifactOptions
{
    public const string Section = "Artifacts";

    /// <summary><c>File</c>: the folder <c>artifacts</c> in the data directory.</summary>
    [AllowedValues("File")]
    public string Provider { get; set; } = "File";

    /// <summary>Bytes of one upload.</summary>
    [Range(1L, 1L << 40)]
    public long MaxUploadBytes { get; set; } = 4L << 30;

    /// <summary>Bytes that stay free on the disk; an upload that would take them is refused.</summary>
    [Range(0L, 1L << 40)]
    public long MinFreeBytes { get; set; } = 256L << 20;

    /// <summary>Unfinished uploads of one person or token at a time.</summary>
    [Range(1, 1000)]
    public int MaxOpenUploads { get; set; } = 20;

    /// <summary>Uploads of one person or token that are received at the same time; of all together eight times as many.</summary>
    [Range(1, 1000)]
    public int MaxParallelUploads { get; set; } = 16;

    /// <summary>How long an unfinished upload can be continued, and how long what nobody needs any more stays.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "30.00:00:00")]
    public TimeSpan Grace { get; set; } = TimeSpan.FromHours(24);

    /// <summary>How often the clean-up looks.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "1.00:00:00")]
    public TimeSpan SweepInterval { get; set; } = TimeSpan.FromMinutes(10);

    internal static IArtifactStore Open(IServiceProvider services) =>
        new FileArtifactStore(services.GetRequiredService<IOptions<DataOptions>>().Value.Path("artifacts"), services.GetRequiredService<TimeProvider>());
}

[OptionsValidator]
internal sealed partial class ArtifactOptionsValidator : IValidateOptions<ArtifactOptions>;
