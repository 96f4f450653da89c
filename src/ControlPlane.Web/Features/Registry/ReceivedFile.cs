using Serving.Contracts.Models;

namespace ControlPlane.Web.Features.Registry;

/// <summary>A file that lies in the artifact store as a part, under its future name.</summary>
/// <param name="Name">As in the artifact; never a path.</param>
/// <param name="Part">Its name in the store until it is kept.</param>
internal sealed record ReceivedFile(string Name, long Size, string Sha256, string Part)
{
    public ArtifactFile InManifest() => new(Name, Size, Sha256);
}

/// <summary>What an upload is made of, checked as far as a stream can be.</summary>
/// <param name="Files">The artifact itself.</param>
/// <param name="Checks">All passed.</param>
internal sealed record Reception(IReadOnlyList<ReceivedFile> Files, IReadOnlyList<ModelCheck> Checks, Domain.Registry.VersionNotes Notes);
