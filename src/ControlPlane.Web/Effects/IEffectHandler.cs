namespace ControlPlane.Web.Effects;

/// <summary>Carries out one kind of effect. It may run twice for the same subject, so a second run changes nothing.</summary>
public interface IEffectHandler
{
    /// <summary>One of the kinds that <see cref="ControlPlane.Data.PendingEffect"/> names.</summary>
    string Kind { get; }

    /// <summary>What throws is tried again later.</summary>
    /// <param name="subject">Id of what it is about.</param>
    Task CarryOutAsync(string subject, CancellationToken cancel);
}
