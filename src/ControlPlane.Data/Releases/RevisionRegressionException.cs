using ControlPlane.Domain.Primitives;

namespace ControlPlane.Data.Releases;

/// <summary>A revision may not be published because nodes hold a later one than the database knows of.</summary>
public sealed class RevisionRegressionException(string environment, long revision, long ahead)
    : Exception($"Nodes hold revision {ahead} of {environment}, the database knows of {revision}: it was restored from an older backup. Nodes go on serving what they have. Look at what they serve, then re-assert the environment to make the database's state the newest.")
{
    public Refusal ToRefusal() => new("RevisionRegression", Message);
}
