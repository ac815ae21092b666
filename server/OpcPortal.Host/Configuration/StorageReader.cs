using OpcPortal.Adapters;
using OpcPortal.Server;

namespace OpcPortal.Host;

/// <summary>Reads where the server keeps its records.</summary>
internal static class StorageReader
{
    private const string DefaultFile = "portal.db";

    /// <param name="storage">Null: a SQLite file in the folder.</param>
    /// <param name="folder">The folder of the configuration.</param>
    public static Func<PortalDatabase> Read(ConfigElement? storage, string folder)
    {
        if (storage is null) return Sqlite(Path.Combine(folder, DefaultFile));
        var (sqlite, postgresql, variable) = (storage.Find("sqlite"), storage.Find("postgresql"), storage.Find("postgresqlVariable"));
        storage.RefuseUnread();
        if (new[] { sqlite, postgresql, variable }.Count(setting => setting is not null) != 1) throw storage.Wrong("one of \"sqlite\", \"postgresql\" and \"postgresqlVariable\" is wanted here");
        if (sqlite is not null) return Sqlite(Path.GetFullPath(sqlite.Text(), folder));
        return postgresql is not null ? PostgreSql(postgresql, postgresql.Text(4096)) : PostgreSql(variable!, FromEnvironment(variable!));
    }

    private static Func<PortalDatabase> Sqlite(string file) => () => new SqliteDatabase(file);

    private static Func<PortalDatabase> PostgreSql(ConfigElement place, string connectionString) => () =>
    {
        try
        {
            return new PostgreSqlDatabase(connectionString);
        }
        catch (StorageException malformed)
        {
            throw place.Wrong(malformed.Message);
        }
    };

    // So that no password stands in a file.
    private static string FromEnvironment(ConfigElement variable) =>
        Environment.GetEnvironmentVariable(variable.Text(128)) is { Length: > 0 } text ? text : throw variable.Wrong($"the environment variable {variable.Text(128)} is not set: it is to hold the connection string of PostgreSQL");
}
