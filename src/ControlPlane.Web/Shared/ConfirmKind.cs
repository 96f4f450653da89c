namespace ControlPlane.Web.Shared;

/// <summary>How much a dialog stands in the way: the safe direction hardly, what cannot be undone a good deal.</summary>
public enum ConfirmKind
{
    /// <summary>Pause, abort, roll back: the focus is on the action, the reason is optional and filled in.</summary>
    SafeDirection,

    /// <summary>Deploy, start, advance, promote: shows what changes.</summary>
    MovesTraffic,

    /// <summary>Delete, revoke: the name has to be typed.</summary>
    CannotBeUndone,
}
