namespace ControlPlane.Domain.Primitives;

/// <summary>A row with a concurrency token that the application itself raises by one with every change.</summary>
public interface IStamped
{
    long Stamp { get; set; }
}
