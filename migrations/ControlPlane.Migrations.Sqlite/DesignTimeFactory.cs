using ControlPlane.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace ControlPlane.Migrations.Sqlite;

/// <summary>What <c>dotnet ef</c> makes migrations with; it never connects.</summary>
public sealed class DesignTimeFactory : IDesignTimeDbContextFactory<ControlPlaneDb>
{
    public ControlPlaneDb CreateDbContext(string[] args) => new(new DbContextOptionsBuilder<ControlPlaneDb>()
        .UseSqlite("Data Source=design-time.db", database => database.MigrationsAssembly(typeof(DesignTimeFactory).Assembly.GetName().Name))
        .Options);
}
