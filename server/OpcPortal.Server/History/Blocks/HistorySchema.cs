using System.Data.Common;

namespace OpcPortal.Server;

/// <summary>The tables of stored readings. Rows of blocks, revisions and annotations are in the order of stretch, series and time; PostgreSQL has a partition a stretch.</summary>
internal static class HistorySchema
{
    public const string Blocks = "reading_blocks";
    public const string Revisions = "reading_revisions";
    public const string Annotations = "reading_annotations";
    public const string Series = "reading_series";
    public const string Notes = "reading_notes";
    public const string Stretches = "reading_stretches";
    public const string State = "reading_state";
    public const string Retired = "reading_retired";

    /// <summary>The tables that have partitions.</summary>
    public static readonly string[] Parted = [Blocks, Revisions, Annotations];

    public static readonly string[] BlockColumns = ["stretch", "series", "first", "generation", "last", "readings", "data"];

    public static readonly string[] RevisionColumns =
        ["stretch", "series", "time", "sequence", "kind", "at", "code", "entity", "application", "person", "reason", "responsible", "value_kind", "value_bits", "value_text", "status"];

    public static readonly string[] AnnotationColumns = ["stretch", "series", "time", "sequence", "at", "entity", "application", "person", "text"];

    public static SchemaComponent Component { get; } = new("readings", database => [FirstVersion(database)], [Series, Notes, Stretches, State, Retired, Blocks, Revisions, Annotations]) { Prepare = PrepareAsync };

    private static List<string> FirstVersion(PortalDatabase database) =>
    [
        $"CREATE TABLE {Series} (id BIGINT NOT NULL PRIMARY KEY, data_class INTEGER NOT NULL, name TEXT {database.ByBytes} NOT NULL)",
        $"CREATE TABLE {Notes} (number INTEGER NOT NULL PRIMARY KEY, code TEXT NOT NULL, entity TEXT, application TEXT, person TEXT, reason TEXT NOT NULL, responsible TEXT)",
        $"CREATE TABLE {Stretches} (stretch INTEGER NOT NULL PRIMARY KEY)",
        $"CREATE TABLE {State} (name TEXT NOT NULL PRIMARY KEY, value BIGINT NOT NULL)",
        $"CREATE TABLE {Retired} (stretch INTEGER NOT NULL, at BIGINT NOT NULL, readings BIGINT NOT NULL, revisions BIGINT NOT NULL, annotations BIGINT NOT NULL, PRIMARY KEY (stretch, at))",
        $"""
        CREATE TABLE {Blocks} (
            stretch INTEGER NOT NULL, series BIGINT NOT NULL, first BIGINT NOT NULL, generation BIGINT NOT NULL, last BIGINT NOT NULL, readings INTEGER NOT NULL, data {database.BytesType} NOT NULL,
            PRIMARY KEY (stretch, series, first, generation)){database.ClusteredBy("stretch")}
        """,
        $"""
        CREATE TABLE {Revisions} (
            stretch INTEGER NOT NULL, series BIGINT NOT NULL, time BIGINT NOT NULL, sequence BIGINT NOT NULL, kind INTEGER NOT NULL, at BIGINT NOT NULL, code TEXT NOT NULL,
            entity TEXT, application TEXT, person TEXT, reason TEXT NOT NULL, responsible TEXT, value_kind INTEGER NOT NULL, value_bits BIGINT NOT NULL, value_text TEXT, status BIGINT NOT NULL,
            PRIMARY KEY (stretch, series, time, sequence)){database.ClusteredBy("stretch")}
        """,
        $"""
        CREATE TABLE {Annotations} (
            stretch INTEGER NOT NULL, series BIGINT NOT NULL, time BIGINT NOT NULL, sequence BIGINT NOT NULL, at BIGINT NOT NULL, entity TEXT, application TEXT, person TEXT, text TEXT NOT NULL,
            PRIMARY KEY (stretch, series, time, sequence)){database.ClusteredBy("stretch")}
        """,
        // What was said of readings is never changed, and goes with the readings alone.
        .. database.MakeAppendOnly(Revisions, $"SELECT 1 FROM {Retired} AS over WHERE over.stretch = OLD.stretch"),
        .. database.MakeAppendOnly(Annotations, $"SELECT 1 FROM {Retired} AS over WHERE over.stretch = OLD.stretch"),
    ];

    // A restore has rows of any stretch: their partitions are to be there.
    private static async Task PrepareAsync(
        PortalDatabase database, DbConnection connection, DbTransaction transaction, string table, IReadOnlyList<string> columns, IReadOnlyList<object?[]> rows, CancellationToken cancellation)
    {
        if (!Parted.Contains(table)) return;
        var at = columns.ToList().IndexOf("stretch");
        foreach (var stretch in rows.Select(row => Convert.ToInt32(row[at], System.Globalization.CultureInfo.InvariantCulture)).Distinct())
            foreach (var statement in MakePartition(database, table, new Stretch(stretch))) await PortalDatabase.ExecuteAsync(connection, transaction, statement, cancellation).ConfigureAwait(false);
    }

    /// <summary>What makes a table ready for rows of a stretch.</summary>
    public static IReadOnlyList<string> MakePartition(PortalDatabase database, string table, Stretch stretch) => database.MakePartition(table, $"{table}_{stretch.Name}", stretch.Number, stretch.Number + 1);
}
