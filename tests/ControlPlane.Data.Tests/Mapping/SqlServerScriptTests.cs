using ControlPlane.Data.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.SqlServer.Dac.Model;
using Microsoft.SqlServer.TransactSql.ScriptDom;

namespace ControlPlane.Data.Tests.Mapping;

/// <summary>What can be said of the SQL Server schema where there is no SQL Server.</summary>
public sealed class SqlServerScriptTests
{
    [Fact]
    public void The_migrations_parse() => Assert.NotEmpty(Parse(Read(db => db.GetService<IMigrator>().GenerateScript(options: MigrationsSqlGenerationOptions.Idempotent))).Batches);

    [Fact]
    public void The_schema_is_valid()
    {
        var script = Parse(Read(db => db.Database.GenerateCreateScript()));
        using var model = new TSqlModel(SqlServerVersion.Sql160, new TSqlModelOptions());

        foreach (var statement in script.Batches.SelectMany(batch => batch.Statements))
            model.AddObjects(TextOf(statement));

        Assert.DoesNotContain(model.Validate(), message => message.MessageType == Microsoft.SqlServer.Dac.DacMessageType.Error);
        Assert.True(model.GetObjects(DacQueryScopes.UserDefined, Table.TypeClass).Count() >= 20);
    }

    private static string Read(Func<ControlPlaneDb, string> read)
    {
        using var db = new TestDatabase(DatabaseSetup.SqlServer, "Server=none").CreateDbContext();
        return read(db);
    }

    private static TSqlScript Parse(string script)
    {
        using var text = new StringReader(script);
        var parsed = (TSqlScript)new TSql160Parser(initialQuotedIdentifiers: true).Parse(text, out var errors);
        Assert.Empty(errors.Select(error => $"{error.Line}: {error.Message}"));
        return parsed;
    }

    private static string TextOf(TSqlFragment statement) =>
        string.Concat(statement.ScriptTokenStream.Skip(statement.FirstTokenIndex).Take(statement.LastTokenIndex - statement.FirstTokenIndex + 1).Select(token => token.Text));
}
