using ControlPlane.Domain.Primitives;
using static ControlPlane.Domain.Identity.Permission;
using static ControlPlane.Domain.Identity.Reach;

namespace ControlPlane.Domain.Identity;

/// <summary>Who may do what: the one table that commands, pages and people read.</summary>
public static class Permissions
{
    /// <summary>Code of the answer to whom the right is missing.</summary>
    public const string Forbidden = "Forbidden";

    /// <summary>Code of the answer to a token that approves.</summary>
    public const string InteractiveApprovalRequired = "InteractiveApprovalRequired";

    /// <summary>In the order of <see cref="Permission"/>; columns: viewer, engineer, releaser, admin.</summary>
    public static IReadOnlyDictionary<Permission, Right> Table { get; } = new Dictionary<Permission, Right>
    {
        [DescribeModels] = new("create and describe models, move aliases", Nowhere, Everywhere, Everywhere, Everywhere),
        [UploadVersions] = new("upload versions", Nowhere, Everywhere, Everywhere, Everywhere),
        [DeleteVersions] = new("delete versions that nobody uses", Nowhere, Everywhere, Everywhere, Everywhere),
        [MakeReleases] = new("make releases", Nowhere, Everywhere, Everywhere, Everywhere),
        [CreateEndpoints] = new("create endpoints", Nowhere, OpenOnly, Everywhere, Everywhere),
        [PlanRollouts] = new("draft, edit and submit rollouts", Nowhere, Everywhere, Everywhere, Everywhere),
        [Deploy] = new("deploy and move traffic", Nowhere, OpenOnly, Everywhere, Everywhere),
        [GoBack] = new("pause, abort and roll back", Nowhere, OpenOnly, Everywhere, Everywhere),
        [Approve] = new("approve and reject rollouts", Nowhere, Nowhere, Everywhere, Everywhere, IsForPeople: true),
        [BreakGlass] = new("approve alone in an emergency, with a reason", Nowhere, Nowhere, Nowhere, Everywhere, IsForPeople: true),
        [ManageEnvironments] = new("create and protect environments", Nowhere, Nowhere, Nowhere, Everywhere),
        [DrainNodes] = new("drain nodes and clear their quarantine", Nowhere, OpenOnly, Everywhere, Everywhere),
        [JoinNodes] = new("make, list and revoke join tokens for nodes", Nowhere, Nowhere, Nowhere, Everywhere),
        [RevokeNodes] = new("revoke nodes and rotate their credentials", Nowhere, Nowhere, Nowhere, Everywhere),
        [Reassert] = new("re-assert an environment after a restore", Nowhere, Nowhere, Nowhere, Everywhere),
        [ForgetRequests] = new("delete logged requests", Nowhere, Nowhere, Nowhere, Everywhere),
        [ManageTokens] = new("make, list and revoke tokens", Nowhere, Nowhere, Nowhere, Everywhere, IsForPeople: true),
        [ManagePeople] = new("invite people, change roles, disable accounts", Nowhere, Nowhere, Nowhere, Everywhere, IsForPeople: true),
        [ReadAudit] = new("read, export and verify the audit", Nowhere, Everywhere, Everywhere, Everywhere),
    };

    /// <summary>Production is guarded from the first day; others are once they are protected.</summary>
    public static bool IsGuarded(string environment, bool isProtected) => isProtected || environment == "production";

    public static bool Allows(Role role, Permission permission, bool isGuarded) => Table[permission].Of(role) switch
    {
        Everywhere => true,
        OpenOnly => !isGuarded,
        _ => false,
    };

    /// <param name="role">What the actor is now; null: nobody that is known, or a disabled account.</param>
    /// <param name="environment">Null where the permission holds for none in particular.</param>
    /// <returns>Null when it may be done; else which right is missing and who can give it.</returns>
    public static Refusal? WhyNot(ActorKind kind, Role? role, Permission permission, string? environment, bool isGuarded)
    {
        var right = Table[permission];
        if (kind == ActorKind.Automatic)
            return null;
        if (role is not { } known || kind == ActorKind.Node)
            return No($"This needs the right to {right.Words}, and this account is unknown, disabled or revoked. An administrator can enable it.");
        if (right.IsForPeople && kind != ActorKind.Person)
        {
            return No($"This needs the right to {right.Words}. Only a person who is signed in has it, never a token.")
                with { Code = permission is Approve or BreakGlass ? InteractiveApprovalRequired : Forbidden };
        }

        return Allows(known, permission, isGuarded)
            ? null
            : No($"This needs the right to {right.Words}{(isGuarded ? $" in {environment}" : "")}. {Capital(Holders(permission, isGuarded))}, and you are {known.Name()}. An administrator can give it to you.");
    }

    private static string Holders(Permission permission, bool isGuarded)
    {
        var names = Roles.All.Where(role => Allows(role, permission, isGuarded)).Select(role => role.Name()).ToList();
        return names.Count == 1 ? $"the role {names[0]} has it" : $"the roles {string.Join(", ", names.SkipLast(1))} and {names[^1]} have it";
    }

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];

    private static Refusal No(string message) => new(Forbidden, message, RefusalKind.Forbidden);
}
