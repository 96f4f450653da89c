namespace ControlPlane.Web.Shared;

/// <summary>What a version does, which its line style tells: solid, dashed, dotted, plain, faint.</summary>
public enum VersionRole
{
    Stable,
    Candidate,
    Shadow,
    Idle,
    Gone,
}
