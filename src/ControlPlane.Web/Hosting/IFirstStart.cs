namespace ControlPlane.Web.Hosting;

/// <summary>What a feature puts into a new database. Runs at every start, after the migration, and changes nothing the second time.</summary>
public interface IFirstStart
{
    Task PrepareAsync(CancellationToken cancel);
}
