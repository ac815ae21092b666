using System.Data.Common;
using System.Globalization;
using System.Runtime.CompilerServices;
using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>Rows of evidence in a table of a database: it refuses changes, and deletions of all but what a checkpoint speaks of.</summary>
public sealed class SqlEvidenceStore : IEvidenceStore
{
    // Rows of one look at the whole chain: no snapshot is held for as long as a chain of years takes.
    private const int PageSize = 10_000;

    private const string Selected = "SELECT class, sequence, time, kind, type, party, body, previous, hash FROM evidence";
    private const string Oldest = "SELECT sequence, time, hash FROM evidence WHERE class = @class ORDER BY sequence LIMIT @limit";
    private const string Newest = "SELECT sequence, hash FROM evidence WHERE class = @class ORDER BY sequence DESC LIMIT 1";
    private const string Prune = "DELETE FROM evidence WHERE class = @class AND sequence <= @through";
    private const string See = "INSERT INTO evidence_seen (identity, at) VALUES (@identity, @at) ON CONFLICT (identity) DO UPDATE SET at = excluded.at WHERE excluded.at > evidence_seen.at";

    // The column "through" repeats what the body of a checkpoint says, for the trigger; it is no evidence itself.
    private static readonly string[] Columns = ["class", "sequence", "time", "kind", "type", "party", "body", "previous", "hash", "through"];

    /// <summary>Its tables.</summary>
    public static SchemaComponent Schema { get; } = new("evidence", database => [FirstVersion(database)], ["evidence", "evidence_seen"]);

    private readonly PortalDatabase _database;

    private SqlEvidenceStore(PortalDatabase database) => _database = database;

    /// <summary>Opens the store of a database, making or bringing up its tables. The database stays its owner's.</summary>
    /// <exception cref="StorageException">The database cannot be reached, or is of a newer server.</exception>
    public static async Task<SqlEvidenceStore> OpenAsync(PortalDatabase database, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(database);
        await database.MigrateAsync(Schema, cancellation).ConfigureAwait(false);
        return new SqlEvidenceStore(database);
    }

    private static List<string> FirstVersion(PortalDatabase database) =>
    [
        $"""
        CREATE TABLE evidence (
            class INTEGER NOT NULL, sequence BIGINT NOT NULL, time BIGINT NOT NULL, kind INTEGER NOT NULL,
            type TEXT NOT NULL, party TEXT {database.ByBytes} NOT NULL, body TEXT NOT NULL,
            previous {database.BytesType} NOT NULL, hash {database.BytesType} NOT NULL, through BIGINT,
            PRIMARY KEY (class, sequence))
        """,
        // For reports: what was refused is little of all.
        "CREATE INDEX evidence_refused ON evidence (class, time) WHERE kind <> 0",
        "CREATE INDEX evidence_party ON evidence (party, class, sequence) WHERE party <> ''",
        "CREATE INDEX evidence_through ON evidence (class, through) WHERE through IS NOT NULL",
        .. database.MakeAppendOnly("evidence", "SELECT 1 FROM evidence AS later WHERE later.class = OLD.class AND later.through >= OLD.sequence"),
        $"CREATE TABLE evidence_seen (identity TEXT {database.ByBytes} NOT NULL PRIMARY KEY, at BIGINT NOT NULL)",
    ];

    public async Task<EvidenceAnchor> HeadAsync(EvidenceClass @class, CancellationToken cancellation)
    {
        await using var connection = await _database.OpenAsync(cancellation).ConfigureAwait(false);
        await using var query = PortalDatabase.Command(connection, null, Newest, ("class", (int)@class));
        await using var rows = await query.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        return await NextAsync(rows, cancellation).ConfigureAwait(false) ? new(@class, rows.GetInt64(0), DigestAt(rows, 1)) : EvidenceAnchor.Start(@class);
    }

    public Task AppendAsync(IReadOnlyList<EvidenceRow> rows, IReadOnlyCollection<SeenIdentity> seen, CancellationToken cancellation) => _database.WriteAsync(
        async (connection, transaction) =>
        {
            await _database.InsertAsync(connection, transaction, "evidence", Columns, rows.Select(Values), cancellation).ConfigureAwait(false);
            foreach (var row in rows)
            {
                if (!EvidenceCheckpoint.TryRead(row, out var checkpoint)) continue;
                await using var prune = PortalDatabase.Command(connection, transaction, Prune, ("class", (int)row.Class), ("through", checkpoint.Through));
                await prune.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
            }

            foreach (var (identity, at) in seen)
            {
                await using var see = PortalDatabase.Command(connection, transaction, See, ("identity", identity), ("at", at.Ticks));
                await see.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
            }
        },
        cancellation);

    private static object?[] Values(EvidenceRow row) =>
    [
        (int)row.Class, row.Sequence, row.Time.Ticks, (int)row.Kind, row.Type, row.Party, row.Body, row.Previous.ToBytes(), row.Hash.ToBytes(),
        EvidenceCheckpoint.TryRead(row, out var checkpoint) ? checkpoint.Through : null,
    ];

    public async IAsyncEnumerable<EvidenceRow> ReadAsync(EvidenceQuery query, [EnumeratorCancellation] CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(query);
        // What is filtered is few rows, found by an index: read at once. The whole chain is read page by page.
        var isWhole = query is { From: null, Until: null, Kind: null, Party: null };
        var (after, left) = (query.After, query.Limit);
        while (left > 0)
        {
            var size = isWhole ? Math.Min(left, PageSize) : left;
            var count = 0;
            await foreach (var row in PageAsync(query with { After = after, Limit = size }, cancellation).ConfigureAwait(false))
            {
                yield return row;
                after = row.Sequence;
                count++;
            }

            if (!isWhole || count < size) yield break;
            left -= count;
        }
    }

    private async IAsyncEnumerable<EvidenceRow> PageAsync(EvidenceQuery query, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await using var connection = await _database.OpenAsync(cancellation).ConfigureAwait(false);
        await using var command = PortalDatabase.Command(
            connection, null, Sql(query), ("class", (int)query.Class), ("after", query.After), ("from", query.From?.Ticks ?? 0), ("until", query.Until?.Ticks ?? long.MaxValue),
            ("kind", (int)(query.Kind ?? default)), ("party", query.Party ?? ""), ("limit", (long)query.Limit));
        await using var rows = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        while (await NextAsync(rows, cancellation).ConfigureAwait(false)) yield return RowOf(rows);
    }

    // The indexes cover what is not Done and what has a party: the statements say so, that they are used.
    private static string Sql(EvidenceQuery query)
    {
        var where = " WHERE class = @class AND sequence > @after";
        if (query.From is not null || query.Until is not null) where += " AND time >= @from AND time < @until";
        if (query.Kind is { } kind) where += kind == EvidenceKind.Done ? " AND kind = @kind" : " AND kind <> 0 AND kind = @kind";
        if (query.Party is not null) where += " AND party <> '' AND party = @party";
        return $"{Selected}{where} ORDER BY sequence LIMIT @limit";
    }

    public async Task<EvidenceCheckpoint?> FindExpiredAsync(EvidenceClass @class, DateTime before, int limit, CancellationToken cancellation)
    {
        await using var connection = await _database.OpenAsync(cancellation).ConfigureAwait(false);
        await using var query = PortalDatabase.Command(connection, null, Oldest, ("class", (int)@class), ("limit", (long)limit));
        await using var rows = await query.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        EvidenceCheckpoint? last = null;
        while (await NextAsync(rows, cancellation).ConfigureAwait(false) && rows.GetInt64(1) < before.Ticks) last = new(rows.GetInt64(0), DigestAt(rows, 2));
        return last;
    }

    public async Task<IReadOnlyDictionary<string, DateTime>> SeenAsync(CancellationToken cancellation)
    {
        var seen = new Dictionary<string, DateTime>(StringComparer.Ordinal);
        await using var connection = await _database.OpenAsync(cancellation).ConfigureAwait(false);
        await using var query = PortalDatabase.Command(connection, null, "SELECT identity, at FROM evidence_seen");
        await using var rows = await query.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        while (await NextAsync(rows, cancellation).ConfigureAwait(false)) seen[rows.GetString(0)] = new DateTime(rows.GetInt64(1), DateTimeKind.Utc);
        return seen;
    }

    private async Task<bool> NextAsync(DbDataReader rows, CancellationToken cancellation)
    {
        try
        {
            return await rows.ReadAsync(cancellation).ConfigureAwait(false);
        }
        catch (Exception failed) when (PortalDatabase.IsOfDatabase(failed))
        {
            throw new StorageException(string.Create(CultureInfo.InvariantCulture, $"{_database.Name}: {failed.Message}"), failed);
        }
    }

    private static EvidenceRow RowOf(DbDataReader rows) => new()
    {
        Class = (EvidenceClass)rows.GetInt32(0),
        Sequence = rows.GetInt64(1),
        Time = new DateTime(rows.GetInt64(2), DateTimeKind.Utc),
        Kind = (EvidenceKind)rows.GetInt32(3),
        Type = rows.GetString(4),
        Party = rows.GetString(5),
        Body = rows.GetString(6),
        Previous = DigestAt(rows, 7),
        Hash = DigestAt(rows, 8),
    };

    // A hash of another length was tampered with: it then is none that fits.
    private static EvidenceDigest DigestAt(DbDataReader rows, int column)
    {
        var bytes = rows.GetFieldValue<byte[]>(column);
        return bytes.Length == EvidenceDigest.Size ? EvidenceDigest.FromBytes(bytes) : default;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
