namespace ControlPlane.Domain.Identity;

/// <summary>What one may be let do. Looking needs none: who is signed in sees everything but people, tokens and the audit.</summary>
public enum Permission
{
    DescribeModels,
    UploadVersions,
    DeleteVersions,
    MakeReleases,
    CreateEndpoints,
    PlanRollouts,
    Deploy,
    GoBack,
    Approve,
    BreakGlass,
    ManageEnvironments,
    DrainNodes,
    JoinNodes,
    RevokeNodes,
    Reassert,
    ForgetRequests,
    ManageTokens,
    ManagePeople,
    ReadAudit,
}

/// <summary>Where a right holds.</summary>
public enum Reach
{
    Nowhere,

    /// <summary>In environments that are not guarded, such as staging.</summary>
    OpenOnly,

    Everywhere,
}
