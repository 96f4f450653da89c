using ControlPlane.Domain.Identity;
using ControlPlane.Domain.Primitives;
using ControlPlane.Domain.Rollouts;

namespace ControlPlane.Domain.Tests.Identity;

public sealed class PermissionsTests
{
    /// <summary>Columns: viewer, engineer, releaser, admin; n nowhere, o open environments only, e everywhere. Written a second time, by hand.</summary>
    public static TheoryData<Permission, string> Table => new()
    {
        { Permission.DescribeModels, "neee" },
        { Permission.UploadVersions, "neee" },
        { Permission.DeleteVersions, "neee" },
        { Permission.MakeReleases, "neee" },
        { Permission.CreateEndpoints, "noee" },
        { Permission.Deploy, "noee" },
        { Permission.GoBack, "noee" },
        { Permission.Approve, "nnee" },
        { Permission.DrainNodes, "noee" },
        { Permission.JoinNodes, "nnne" },
        { Permission.RevokeNodes, "nnne" },
        { Permission.Reassert, "nnne" },
        { Permission.ManageTokens, "nnne" },
        { Permission.ManagePeople, "nnne" },
    };

    [Theory, MemberData(nameof(Table))]
    public void Each_role_has_its_rights_and_no_others(Permission permission, string reaches)
    {
        var guarded = Roles.All.Select(role => Permissions.WhyNot(ActorKind.Person, role, permission, "production", isGuarded: true) is null);
        var open = Roles.All.Select(role => Permissions.WhyNot(ActorKind.Person, role, permission, "staging", isGuarded: false) is null);

        Assert.Equal(reaches.Select(reach => reach == 'e'), guarded);
        Assert.Equal(reaches.Select(reach => reach != 'n'), open);
    }

    [Fact]
    public void Every_permission_has_a_row() => Assert.Equal(Enum.GetValues<Permission>(), Permissions.Table.Keys);

    [Theory, MemberData(nameof(Table))]
    public void Nobody_unknown_no_node_and_everything_automatic(Permission permission, string reaches)
    {
        Assert.NotEmpty(reaches);
        Assert.Equal(RefusalKind.Forbidden, Permissions.WhyNot(ActorKind.Person, role: null, permission, null, isGuarded: false)!.Kind);
        Assert.NotNull(Permissions.WhyNot(ActorKind.Node, Role.Admin, permission, null, isGuarded: false));
        Assert.Null(Permissions.WhyNot(ActorKind.Automatic, role: null, permission, "production", isGuarded: true));
    }

    [Theory]
    [InlineData(Permission.Approve, Permissions.InteractiveApprovalRequired)]
    [InlineData(Permission.ManageTokens, Permissions.Forbidden)]
    [InlineData(Permission.ManagePeople, Permissions.Forbidden)]
    public void H91_A_token_never_approves_makes_tokens_or_invites_whatever_its_role(Permission permission, string code) =>
        Assert.Equal(code, Permissions.WhyNot(ActorKind.Token, Role.Admin, permission, null, isGuarded: false)!.Code);

    [Theory]
    [InlineData("production", false, true), InlineData("production", true, true), InlineData("staging", false, false), InlineData("staging", true, true)]
    public void Production_is_guarded_and_whatever_is_protected(string environment, bool isProtected, bool isGuarded) =>
        Assert.Equal(isGuarded, Permissions.IsGuarded(environment, isProtected));

    [Fact]
    public void A_denial_names_the_right_who_has_it_and_who_gives_it()
    {
        var refusal = Permissions.WhyNot(ActorKind.Person, Role.Engineer, Permission.Deploy, "production", isGuarded: true)!;

        Assert.Equal(
            new Refusal(
                Permissions.Forbidden,
                "This needs the right to deploy and move traffic in production. The roles releaser and admin have it, and you are engineer. An administrator can give it to you.",
                RefusalKind.Forbidden),
            refusal);
    }

    [Theory]
    [InlineData(RolloutAction.Pause, Permission.GoBack), InlineData(RolloutAction.Abort, Permission.GoBack), InlineData(RolloutAction.Approve, Permission.Approve)]
    [InlineData(RolloutAction.Reject, Permission.Approve), InlineData(RolloutAction.Submit, Permission.PlanRollouts), InlineData(RolloutAction.Start, Permission.Deploy)]
    [InlineData(RolloutAction.Resume, Permission.Deploy), InlineData(RolloutAction.Advance, Permission.Deploy), InlineData(RolloutAction.Promote, Permission.Deploy)]
    [InlineData(RolloutAction.Retry, Permission.PlanRollouts), InlineData(RolloutAction.Edit, Permission.PlanRollouts)]
    public void Each_action_on_a_rollout_has_its_permission(RolloutAction action, Permission permission) => Assert.Equal(permission, RolloutRights.Of(action));

    [Theory]
    [InlineData("viewer", Role.Viewer), InlineData("admin", Role.Admin), InlineData("Admin", null), InlineData("root", null), InlineData("", null), InlineData(null, null)]
    public void Roles_are_read_as_they_are_written(string? name, Role? role) => Assert.Equal(role, Roles.Of(name));
}
