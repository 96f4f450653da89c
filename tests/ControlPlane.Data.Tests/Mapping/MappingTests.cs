using System.Runtime.CompilerServices;
using ControlPlane.Data.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Metadata;

namespace ControlPlane.Data.Tests.Mapping;

/// <summary>Whatever is stored comes back, on every provider.</summary>
public sealed class MappingTests(Databases databases)
{
    public static TheoryData<string> Providers => Databases.Providers;

    [Theory, MemberData(nameof(Providers))]
    public async Task Every_property_of_every_entity_comes_back(string provider) => await RoundTripAsync(provider, property => Samples.Of(property));

    [Theory, MemberData(nameof(Providers))]
    public async Task Everything_optional_may_be_absent(string provider) =>
        await RoundTripAsync(provider, property => property.IsNullable && !property.IsKey() ? null : Samples.Of(property));

    private async Task RoundTripAsync(string provider, Func<IProperty, object?> valueOf)
    {
        await using var database = await databases.MakeAsync(provider);
        var stored = new List<EntityEntry>();
        await using (var db = database.CreateDbContext())
        {
            foreach (var type in PrincipalsFirst(db.Model))
                stored.Add(Store(db, type, valueOf));
            await db.SaveChangesAsync();
        }

        await using var fresh = database.CreateDbContext();
        foreach (var entry in stored)
            await AssertSameAsync(fresh, entry);
    }

    private static EntityEntry Store(ControlPlaneDb db, IEntityType type, Func<IProperty, object?> valueOf)
    {
        var entry = db.Entry(RuntimeHelpers.GetUninitializedObject(type.ClrType));
        foreach (var property in type.GetProperties().Where(property => property.ValueGenerated == ValueGenerated.Never || property.IsForeignKey()))
            entry.Property(property).CurrentValue = property.Name == "Stamp" ? 6L : valueOf(property);
        entry.State = EntityState.Added;
        return entry;
    }

    private static async Task AssertSameAsync(ControlPlaneDb fresh, EntityEntry stored)
    {
        var key = stored.Metadata.FindPrimaryKey()!.Properties.Select(property => stored.Property(property).CurrentValue).ToArray();
        var found = await fresh.FindAsync(stored.Metadata.ClrType, key);

        Assert.NotNull(found);
        var loaded = fresh.Entry(found);
        Assert.All(stored.Metadata.GetProperties(), property => Assert.True(
            property.GetValueComparer().Equals(stored.Property(property).CurrentValue, loaded.Property(property).CurrentValue),
            $"{stored.Metadata.DisplayName()}.{property.Name}: stored {stored.Property(property).CurrentValue}, found {loaded.Property(property).CurrentValue}"));
    }

    private static IEnumerable<IEntityType> PrincipalsFirst(IModel model)
    {
        var left = model.GetEntityTypes().ToList();
        while (left.Count > 0)
        {
            var next = left.First(type => !type.GetForeignKeys().Any(reference => reference.PrincipalEntityType != type && left.Contains(reference.PrincipalEntityType)));
            left.Remove(next);
            yield return next;
        }
    }
}
