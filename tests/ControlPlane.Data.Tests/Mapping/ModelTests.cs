using ControlPlane.Data.Tests.Kit;
using ControlPlane.Domain.Primitives;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;

namespace ControlPlane.Data.Tests.Mapping;

/// <summary>Rules of the model itself; nothing is connected to.</summary>
public sealed class ModelTests
{
    private const int MostClusteredKeyBytes = 900;
    private const int MostIndexBytes = 1700;

    public static TheoryData<string> Providers => Databases.Providers;

    [Theory, MemberData(nameof(Providers))]
    public void The_migrations_are_those_of_the_model(string provider)
    {
        using var db = Offline(provider);

        Assert.False(db.Database.HasPendingModelChanges(), $"scripts/add-migration.sh was not run for {provider}");
        Assert.NotEmpty(db.Database.GetMigrations());
    }

    [Fact]
    public void F21_Every_row_with_a_stamp_has_it_as_its_concurrency_token()
    {
        using var db = Offline(DatabaseSetup.Sqlite);
        var stamped = db.Model.GetEntityTypes().Where(type => type.ClrType.IsAssignableTo(typeof(IStamped))).ToList();

        Assert.True(stamped.Count >= 9, $"{stamped.Count}");
        Assert.All(stamped, type => Assert.True(type.FindProperty(nameof(IStamped.Stamp))!.IsConcurrencyToken, type.DisplayName()));
        Assert.All(stamped, type => Assert.Equal(ValueGenerated.Never, type.FindProperty(nameof(IStamped.Stamp))!.ValueGenerated));
    }

    /// <summary>SQL Server refuses a key column of unbounded length, and keys and indexes over these sizes; DacFx does not say so.</summary>
    [Fact]
    public void Keys_and_indexes_are_short_enough_for_SQL_Server()
    {
        using var db = Offline(DatabaseSetup.SqlServer);
        var keys = db.Model.GetEntityTypes().SelectMany(type => type.GetKeys()).Select(key => (Name: key.GetName(), key.Properties, Most: MostClusteredKeyBytes));
        var indexes = db.Model.GetEntityTypes().SelectMany(type => type.GetIndexes()).Select(index => (Name: index.GetDatabaseName(), index.Properties, Most: MostIndexBytes));

        Assert.All(keys.Concat(indexes), one => Assert.True(BytesOf(one.Properties) <= one.Most, $"{one.Name}: {BytesOf(one.Properties)} bytes"));
    }

    [Fact]
    public void No_table_has_two_row_versions()
    {
        using var db = Offline(DatabaseSetup.SqlServer);

        Assert.All(db.Model.GetEntityTypes(), type => Assert.True(type.GetProperties().Count(property => property.GetColumnType() is "rowversion" or "timestamp") <= 1, type.DisplayName()));
    }

    /// <summary>SQL Server's error 1785: a row may be reached by at most one way when another is deleted.</summary>
    [Fact]
    public void No_delete_reaches_a_table_by_two_ways()
    {
        using var db = Offline(DatabaseSetup.SqlServer);

        Assert.All(db.Model.GetEntityTypes(), type =>
        {
            var reached = Reached(type, []).ToList();
            Assert.Equal(reached.Distinct().Count(), reached.Count);
        });
    }

    [Fact]
    public void Documents_are_in_no_key_and_no_index()
    {
        using var db = Offline(DatabaseSetup.SqlServer);
        var unbounded = db.Model.GetEntityTypes().SelectMany(type => type.GetProperties()).Where(property => property.GetColumnType().EndsWith("(max)", StringComparison.Ordinal)).ToList();

        Assert.NotEmpty(unbounded);
        Assert.All(unbounded, property => Assert.False(property.IsKey() || property.IsIndex() || property.IsForeignKey(), $"{property.DeclaringType.DisplayName()}.{property.Name}"));
    }

    /// <summary>Tables that a delete of a row of <paramref name="type"/> reaches, once for each way.</summary>
    private static IEnumerable<IEntityType> Reached(IEntityType type, IReadOnlyList<IEntityType> path) =>
        type.GetReferencingForeignKeys()
            .Where(reference => reference.DeleteBehavior is DeleteBehavior.Cascade or DeleteBehavior.SetNull)
            .Select(reference => reference.DeclaringEntityType)
            .SelectMany(next => path.Contains(next) ? [next, next] : Reached(next, [.. path, type]).Prepend(next));

    private static long BytesOf(IEnumerable<IProperty> properties) => properties.Sum(property => property.GetColumnType() switch
    {
        "bigint" => 8L,
        "int" => 4,
        "bit" => 1,
        "uniqueidentifier" => 16,
        { } text when text.StartsWith("nvarchar(", StringComparison.Ordinal) && text != "nvarchar(max)" => 2 * int.Parse(text["nvarchar(".Length..^1]),
        { } unbounded => throw new InvalidOperationException($"{property.DeclaringType.DisplayName()}.{property.Name} is {unbounded}"),
    });

    private static ControlPlaneDb Offline(string provider) => new TestDatabase(provider, provider == DatabaseSetup.Sqlite ? "Data Source=:memory:" : "Server=none").CreateDbContext();
}
