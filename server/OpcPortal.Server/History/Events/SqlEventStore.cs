using System.Data.Common;
using System.Globalization;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>An event as it is stored.</summary>
/// <param name="Sequence">Tells those of one time apart.</param>
/// <param name="Time">UTC.</param>
/// <param name="Space">Which namespaces its indexes are of.</param>
/// <param name="Notifiers">The nodes that it was delivered at, besides the Server, as texts that stay.</param>
internal sealed record StoredEvent(long Sequence, DateTime Time, int Space, byte[] Body, IReadOnlyList<string> Notifiers);

/// <summary>Past events in tables of a database, found by time and by notifier.</summary>
internal sealed class SqlEventStore
{
    // What is given of a walk at once: an event has some kilobytes.
    private const int PageSize = 500;

    // Rows removed in one transaction: nobody waits long for them.
    private const int PruneSize = 5_000;

    // No URI has one.
    private const char UriSeparator = '\n';

    private static readonly string[] EventColumns = ["sequence", "time", "space", "body"];
    private static readonly string[] NotifierColumns = ["notifier", "time", "sequence"];

    /// <summary>Its tables.</summary>
    public static SchemaComponent Schema { get; } = new("events", database => [FirstVersion(database)], ["event_spaces", "events", "event_notifiers"]);

    private readonly PortalDatabase _database;

    private SqlEventStore(PortalDatabase database) => _database = database;

    /// <exception cref="StorageException">The database cannot be reached, or is of a newer server.</exception>
    public static async Task<SqlEventStore> OpenAsync(PortalDatabase database, CancellationToken cancellation)
    {
        await database.MigrateAsync(Schema, cancellation).ConfigureAwait(false);
        return new SqlEventStore(database);
    }

    private static List<string> FirstVersion(PortalDatabase database) =>
    [
        "CREATE TABLE event_spaces (space INTEGER NOT NULL PRIMARY KEY, uris TEXT NOT NULL)",
        $"CREATE TABLE events (sequence BIGINT NOT NULL PRIMARY KEY, time BIGINT NOT NULL, space INTEGER NOT NULL, body {database.BytesType} NOT NULL)",
        "CREATE INDEX events_time ON events (time, sequence)",
        $"CREATE TABLE event_notifiers (notifier TEXT {database.ByBytes} NOT NULL, time BIGINT NOT NULL, sequence BIGINT NOT NULL, PRIMARY KEY (notifier, time, sequence))",
        "CREATE INDEX event_notifiers_time ON event_notifiers (time)",
    ];

    /// <summary>The last sequence number given; 0: none was.</summary>
    public async Task<long> LastAsync(CancellationToken cancellation)
    {
        await using var connection = await _database.OpenAsync(cancellation).ConfigureAwait(false);
        await using var query = PortalDatabase.Command(connection, null, "SELECT max(sequence) FROM events");
        return await query.ExecuteScalarAsync(cancellation).ConfigureAwait(false) is { } last and not DBNull ? Convert.ToInt64(last, CultureInfo.InvariantCulture) : 0;
    }

    /// <summary>The namespaces that events were written under, by number.</summary>
    public async Task<Dictionary<int, string[]>> SpacesAsync(CancellationToken cancellation)
    {
        var spaces = new Dictionary<int, string[]>();
        await using var connection = await _database.OpenAsync(cancellation).ConfigureAwait(false);
        await using var query = PortalDatabase.Command(connection, null, "SELECT space, uris FROM event_spaces");
        await using var rows = await query.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        while (await rows.ReadAsync(cancellation).ConfigureAwait(false)) spaces[rows.GetInt32(0)] = rows.GetString(1).Split(UriSeparator);
        return spaces;
    }

    /// <summary>Stores events, with the namespaces that they are the first of.</summary>
    /// <exception cref="StorageException">None of it was stored.</exception>
    public Task AppendAsync(IReadOnlyList<StoredEvent> events, IReadOnlyList<(int Space, string[] Uris)> spaces, CancellationToken cancellation) => _database.WriteAsync(
        async (connection, transaction) =>
        {
            await _database.InsertAsync(connection, transaction, "event_spaces", ["space", "uris"], spaces.Select(s => (object?[])[s.Space, string.Join(UriSeparator, s.Uris)]), cancellation).ConfigureAwait(false);
            await _database.InsertAsync(connection, transaction, "events", EventColumns, events.Select(e => (object?[])[e.Sequence, e.Time.Ticks, e.Space, e.Body]), cancellation).ConfigureAwait(false);
            var notified = events.SelectMany(e => e.Notifiers.Select(notifier => (object?[])[notifier, e.Time.Ticks, e.Sequence]));
            await _database.InsertAsync(connection, transaction, "event_notifiers", NotifierColumns, notified, cancellation).ConfigureAwait(false);
        },
        cancellation);

    /// <summary>A page of a walk, in its order.</summary>
    /// <param name="notifier">As it was stored; null: all events.</param>
    public async Task<HistoryPage<(int Space, byte[] Body)>> ReadAsync(string? notifier, HistoryWalk walk, CancellationToken cancellation)
    {
        var limit = Math.Min(walk.Limit, PageSize);
        var events = new List<(int, byte[])>(Math.Min(limit, 64));
        await using var connection = await _database.OpenAsync(cancellation).ConfigureAwait(false);
        await using var query = PortalDatabase.Command(
            connection, null, Sql(notifier is not null, walk.IsForward), ("notifier", notifier ?? ""), ("from", walk.From.Ticks), ("to", walk.To.Ticks), ("limit", (long)limit), ("skip", (long)walk.Skip));
        await using var rows = await query.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        var (time, ofThatTime) = (walk.From.Ticks, walk.Skip);
        while (await NextAsync(rows, cancellation).ConfigureAwait(false))
        {
            events.Add((rows.GetInt32(1), rows.GetFieldValue<byte[]>(2)));
            ofThatTime = rows.GetInt64(0) == time ? ofThatTime + 1 : 1;
            time = rows.GetInt64(0);
        }

        return new(events, events.Count < limit ? null : new HistoryPlace(new DateTime(time, DateTimeKind.Utc), ofThatTime));
    }

    // Those of one time in the order in which they came, or against it.
    private static string Sql(bool isOfNotifier, bool isForward)
    {
        var (table, where) = isOfNotifier ? ("event_notifiers AS n JOIN events AS e ON e.sequence = n.sequence", "n.notifier = @notifier AND ") : ("events AS e", "");
        var key = isOfNotifier ? "n" : "e";
        return isForward
            ? $"SELECT {key}.time, e.space, e.body FROM {table} WHERE {where}{key}.time >= @from AND {key}.time < @to ORDER BY {key}.time, {key}.sequence LIMIT @limit OFFSET @skip"
            : $"SELECT {key}.time, e.space, e.body FROM {table} WHERE {where}{key}.time <= @from AND {key}.time > @to ORDER BY {key}.time DESC, {key}.sequence DESC LIMIT @limit OFFSET @skip";
    }

    /// <summary>Removes events of before a time, some at once.</summary>
    /// <returns>Whether there may be more.</returns>
    public async Task<bool> PruneAsync(DateTime before, CancellationToken cancellation)
    {
        var gone = 0;
        await _database.WriteAsync(
            async (connection, transaction) =>
            {
                gone = 0;
                foreach (var (table, key) in ((string, string)[])[("event_notifiers", "notifier, time, sequence"), ("events", "sequence")])
                {
                    await using var prune = PortalDatabase.Command(
                        connection, transaction, $"DELETE FROM {table} WHERE ({key}) IN (SELECT {key} FROM {table} WHERE time < @before ORDER BY time LIMIT @limit)", ("before", before.Ticks), ("limit", (long)PruneSize));
                    gone = Math.Max(gone, await prune.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false));
                }
            },
            cancellation).ConfigureAwait(false);
        return gone == PruneSize;
    }

    private async Task<bool> NextAsync(DbDataReader rows, CancellationToken cancellation)
    {
        try
        {
            return await rows.ReadAsync(cancellation).ConfigureAwait(false);
        }
        catch (Exception failed) when (PortalDatabase.IsOfDatabase(failed))
        {
            throw new StorageException($"{_database.Name}: {failed.Message}", failed);
        }
    }
}
