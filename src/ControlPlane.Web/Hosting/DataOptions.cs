using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace ControlPlane.Web.Hosting;

/// <summary>Where this installation keeps its files.</summary>
public sealed class DataOptions
{
    public const string Section = "Data";

    /// <summary>Folder of the database, the artifacts, the log lake and the state of local processes; made when it is missing.</summary>
    [Required]
    public string Directory { get; set; } = "data";

    public string Path(params ReadOnlySpan<string> parts) => System.IO.Path.GetFullPath(System.IO.Path.Combine([Directory, .. parts]));
}

[OptionsValidator]
internal sealed partial class DataOptionsValidator : IValidateOptions<DataOptions>;
