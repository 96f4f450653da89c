using ControlPlane.Domain.Identity;
using static ControlPlane.Domain.Rollouts.RolloutAction;

namespace ControlPlane.Domain.Rollouts;

/// <summary>Which permission an action on a rollout needs. Planning moves no traffic; stopping and going back need less than going on.</summary>
public static class RolloutRights
{
    public static Permission Of(RolloutAction action) => action switch
    {
        Approve or Reject => Permission.Approve,
        Edit or Submit or Delete or Retry => Permission.PlanRollouts,
        Pause or Abort or Force or RollBack => Permission.GoBack,
        _ => Permission.Deploy,
    };
}
