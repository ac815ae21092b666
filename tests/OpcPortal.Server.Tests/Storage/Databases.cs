namespace OpcPortal.Server.Tests;

/// <summary>Databases for tests that hold for both kinds.</summary>
internal static class Databases
{
    /// <summary>A new database; what the test makes of it is thrown away.</summary>
    public static async Task<TestDatabase> CreateAsync(DatabaseKind kind, PostgreSqlServer server)
    {
        if (kind == DatabaseKind.PostgreSql)
        {
            var connection = await server.CreateDatabaseAsync();
            return new TestDatabase(() => new PostgreSqlDatabase(connection), null);
        }

        var folder = Directory.CreateTempSubdirectory("opcportal-db-").FullName;
        return new TestDatabase(() => new SqliteDatabase(Path.Combine(folder, "portal.db")), folder);
    }
}

public enum DatabaseKind
{
    Sqlite,
    PostgreSql,
}

/// <summary>A database that can be opened anew, as after a restart.</summary>
internal sealed class TestDatabase(Func<PortalDatabase> open, string? folder) : IAsyncDisposable
{
    public PortalDatabase Database { get; private set; } = open();

    /// <summary>The folder of a SQLite file.</summary>
    public string? Folder => folder;

    public async Task ReopenAsync()
    {
        await Database.DisposeAsync();
        Database = open();
    }

    public async ValueTask DisposeAsync()
    {
        await Database.DisposeAsync();
        if (folder is not null) Directory.Delete(folder, recursive: true);
    }
}
