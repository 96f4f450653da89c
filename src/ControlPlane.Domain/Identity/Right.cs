namespace ControlPlane.Domain.Identity;

/// <summary>One row of the table of permissions.</summary>
/// <param name="Words">What it lets one do, as it stands in a sentence and in the table that people read.</param>
/// <param name="IsForPeople">A token never has it, whatever its role.</param>
public sealed record Right(string Words, Reach Viewer, Reach Engineer, Reach Releaser, Reach Admin, bool IsForPeople = false)
{
    public Reach Of(Role role) => role switch
    {
        Role.Viewer => Viewer,
        Role.Engineer => Engineer,
        Role.Releaser => Releaser,
        _ => Admin,
    };
}
