using OpcPortal.Adapters;
using OpcPortal.Server;

namespace OpcPortal.Host;

/// <summary>Reads where the server keeps its records, and how long those that are evidence.</summary>
internal static class StorageReader
{
    private const string DefaultFile = "portal.db";

    // opcportal audit verify looks for it there.
    private const string DefaultAnchors = DefaultFile + ".anchors";

    // What is kept longer than a generation is kept by who sets the clock wrong.
    private const int MaxDays = 100 * 365;

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

    /// <summary>Reads how long evidence is kept, and where its anchors are.</summary>
    /// <param name="evidence">Null: the defaults.</param>
    public static AuditLogOptions ReadEvidence(ConfigElement? evidence, string folder)
    {
        var otherwise = new AuditLogOptions { AnchorFile = Path.Combine(folder, DefaultAnchors) };
        if (evidence is null) return otherwise;
        var options = otherwise with
        {
            SecurityRetention = Days("securityDays", otherwise.SecurityRetention),
            ChangeRetention = Days("changeDays", otherwise.ChangeRetention),
            DisclosureRetention = Days("disclosureDays", otherwise.DisclosureRetention),
            AnchorFile = evidence.Find("anchors") is { } anchors ? Path.GetFullPath(anchors.Text(), folder) : otherwise.AnchorFile,
            AnchorInterval = evidence.Find("anchorInterval")?.Duration(TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)) ?? otherwise.AnchorInterval,
        };
        evidence.RefuseUnread();
        return options;

        TimeSpan Days(string name, TimeSpan days) => evidence.Find(name)?.Integer(1, MaxDays) is { } number ? TimeSpan.FromDays(number) : days;
    }

    /// <summary>Reads how long past events can be read.</summary>
    /// <param name="events">Null: the defaults.</param>
    /// <returns>Null where none are kept.</returns>
    public static EventArchiveOptions? ReadEvents(ConfigElement? events)
    {
        var otherwise = new EventArchiveOptions();
        if (events is null) return otherwise;
        var days = events.Find("days")?.Integer(0, MaxDays) ?? (int)otherwise.Retention.TotalDays;
        var options = otherwise with { Retention = TimeSpan.FromDays(days), MaxWaitingEvents = events.Find("maxWaiting")?.Integer(100, 10_000_000) ?? otherwise.MaxWaitingEvents };
        events.RefuseUnread();
        return days == 0 ? null : options;
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
