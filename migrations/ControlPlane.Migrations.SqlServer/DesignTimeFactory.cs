using ControlPlane.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace ControlPlane.Migrations.SqlServer;

/// <summary>What <c>dotnet ef</c> makes migrations with; it never connects.</summary>
public sealed class DesignTimeFactory : IDesignTimeDbContextFactory<ControlPlaneDb>
{
    public ControlPlaneDb CreateDbContext(string[] args) => new(new DbContextOptionsBuilder<ControlPlaneDb>()
        .UseSqlServer("Server=design-time", database => database.MigrationsAssembly(typeof(DesignTimeFactory).Assembly.GetName().Name))
        .Options);
}
