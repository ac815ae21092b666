using System.Data.Common;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>Something that happened to a device's part of a request, as it is kept.</summary>
/// <param name="Order">The device's place in the request.</param>
/// <param name="What"><see cref="OrderEvent.None"/>: only what it was told.</param>
/// <param name="At">UTC.</param>
/// <param name="Mark">What the device is told from then on; null: nothing new.</param>
internal readonly record struct ControlStep(Guid Request, int Order, OrderEvent What, DateTime At, string? Mark = null, string? Reason = null);

/// <summary>A request as it is kept.</summary>
/// <param name="Devices">Their names, by the order's place.</param>
/// <param name="ApprovedBy">Who approved it; null: nobody had to, or nobody has.</param>
/// <param name="IsWaiting">For approval.</param>
internal sealed record StoredRequest(ControlRequest Request, IReadOnlyList<string> Devices, double MegaWatts, string? ApprovedBy, bool IsWaiting);

/// <summary>
/// Keeps requests and what became of them: a row a request, with all its devices in it, and a row for each thing that happens, added and never changed. So a group of a hundred thousand is taken with one row.
/// </summary>
public sealed class SqlControlStore
{
    private static readonly string[] StepColumns = ["sequence", "request", "place", "what", "at", "mark", "reason"];

    private readonly PortalDatabase _database;
    private long _sequence;

    private SqlControlStore(PortalDatabase database) => _database = database;

    /// <summary>Its tables.</summary>
    public static SchemaComponent Schema { get; } = new("control", static database =>
    [
        [
            $"CREATE TABLE control_requests (id TEXT {database.ByBytes} NOT NULL PRIMARY KEY, created BIGINT NOT NULL, body TEXT NOT NULL, devices {database.BytesType} NOT NULL, megawatts TEXT NOT NULL, approved_by TEXT, is_waiting INTEGER NOT NULL, is_over INTEGER NOT NULL)",
            "CREATE INDEX control_requests_live ON control_requests (is_over, created)",
            $"CREATE TABLE control_steps (sequence BIGINT NOT NULL PRIMARY KEY, request TEXT {database.ByBytes} NOT NULL, place INTEGER NOT NULL, what INTEGER NOT NULL, at BIGINT NOT NULL, mark TEXT, reason TEXT)",
            "CREATE INDEX control_steps_request ON control_steps (request, sequence)",
            $"CREATE TABLE control_leaves (device TEXT {database.ByBytes} NOT NULL, at BIGINT NOT NULL)",
        ],
    ], ["control_requests", "control_steps", "control_leaves"]);

    /// <summary>Opens the tables of a database, making or bringing them up. The database stays its owner's.</summary>
    /// <exception cref="StorageException">The database cannot be reached, or is of a newer server.</exception>
    public static async Task<SqlControlStore> OpenAsync(PortalDatabase database, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(database);
        await database.MigrateAsync(Schema, cancellation).ConfigureAwait(false);
        var store = new SqlControlStore(database);
        await using var connection = await database.OpenAsync(cancellation).ConfigureAwait(false);
        await using var last = PortalDatabase.Command(connection, null, "SELECT COALESCE(MAX(sequence), 0) FROM control_steps");
        store._sequence = Convert.ToInt64(await last.ExecuteScalarAsync(cancellation).ConfigureAwait(false), System.Globalization.CultureInfo.InvariantCulture);
        return store;
    }

    /// <summary>Keeps what was decided in a turn: all of it, durably, or nothing. Called by one at a time.</summary>
    /// <exception cref="StorageException">The database refuses, or cannot be reached.</exception>
    internal async Task AppendAsync(ControlTurn turn, CancellationToken cancellation)
    {
        var sequence = _sequence;
        await _database.WriteAsync(
            async (connection, transaction) =>
            {
                foreach (var stored in turn.Requests) await PutAsync(connection, transaction, stored, cancellation).ConfigureAwait(false);
                var rows = turn.Steps.Select(step => new object?[] { ++sequence, step.Request.ToString("N"), step.Order, (int)step.What, step.At.Ticks, step.Mark, step.Reason });
                if (turn.Steps.Count > 0) await _database.InsertAsync(connection, transaction, "control_steps", StepColumns, rows, cancellation).ConfigureAwait(false);
                if (turn.Leaves.Count > 0) await _database.InsertAsync(connection, transaction, "control_leaves", ["device", "at"], turn.Leaves.Select(static leave => new object?[] { leave.Device, leave.At.Ticks }), cancellation).ConfigureAwait(false);
                foreach (var id in turn.Over)
                {
                    await using var update = PortalDatabase.Command(connection, transaction, "UPDATE control_requests SET is_over = 1 WHERE id = @id", ("id", id.ToString("N")));
                    await update.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
                }
            },
            cancellation).ConfigureAwait(false);
        _sequence = sequence;
    }

    private static async Task PutAsync(DbConnection connection, DbTransaction transaction, StoredRequest stored, CancellationToken cancellation)
    {
        const string Sql = """
            INSERT INTO control_requests (id, created, body, devices, megawatts, approved_by, is_waiting, is_over) VALUES (@id, @created, @body, @devices, @megawatts, @approved, @waiting, 0)
            ON CONFLICT (id) DO UPDATE SET body = excluded.body, approved_by = excluded.approved_by, is_waiting = excluded.is_waiting
            """;
        await using var put = PortalDatabase.Command(
            connection, transaction, Sql, ("id", stored.Request.Id.ToString("N")), ("created", stored.Request.CreatedAt.Ticks), ("body", JsonSerializer.Serialize(stored.Request)), ("devices", Pack(stored.Devices)),
            ("megawatts", stored.MegaWatts.ToString("R", System.Globalization.CultureInfo.InvariantCulture)), ("approved", stored.ApprovedBy), ("waiting", stored.IsWaiting ? 1 : 0));
        await put.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
    }

    /// <summary>The requests that are not over, in the order in which they came, with all that happened to them.</summary>
    internal async Task<IReadOnlyList<(StoredRequest Request, IReadOnlyList<ControlStep> Steps)>> LoadAsync(CancellationToken cancellation)
    {
        await using var connection = await _database.OpenAsync(cancellation).ConfigureAwait(false);
        var requests = new List<(StoredRequest, IReadOnlyList<ControlStep>)>();
        var stepsOf = new Dictionary<string, List<ControlStep>>();
        await using (var query = PortalDatabase.Command(connection, null, "SELECT id, body, devices, megawatts, approved_by, is_waiting FROM control_requests WHERE is_over = 0 ORDER BY created"))
        await using (var rows = await query.ExecuteReaderAsync(cancellation).ConfigureAwait(false))
            while (await rows.ReadAsync(cancellation).ConfigureAwait(false)) requests.Add((RequestOf(rows), stepsOf[rows.GetString(0)] = []));
        const string Steps = "SELECT s.request, s.place, s.what, s.at, s.mark, s.reason FROM control_steps s JOIN control_requests r ON r.id = s.request WHERE r.is_over = 0 ORDER BY s.sequence";
        await using var found = PortalDatabase.Command(connection, null, Steps);
        await using var steps = await found.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        while (await steps.ReadAsync(cancellation).ConfigureAwait(false)) stepsOf[steps.GetString(0)].Add(StepOf(steps));
        return requests;
    }

    /// <summary>When customers left requests since a time, oldest first.</summary>
    internal async Task<IReadOnlyList<(string Device, DateTime At)>> LeavesAsync(DateTime since, CancellationToken cancellation)
    {
        await using var connection = await _database.OpenAsync(cancellation).ConfigureAwait(false);
        await using var query = PortalDatabase.Command(connection, null, "SELECT device, at FROM control_leaves WHERE at > @since ORDER BY at", ("since", since.Ticks));
        await using var rows = await query.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        var leaves = new List<(string, DateTime)>();
        while (await rows.ReadAsync(cancellation).ConfigureAwait(false)) leaves.Add((rows.GetString(0), new DateTime(rows.GetInt64(1), DateTimeKind.Utc)));
        return leaves;
    }

    /// <summary>One request, over or not.</summary>
    /// <returns>Null: there is none.</returns>
    internal async Task<(StoredRequest Request, IReadOnlyList<ControlStep> Steps)?> FindAsync(Guid id, CancellationToken cancellation)
    {
        await using var connection = await _database.OpenAsync(cancellation).ConfigureAwait(false);
        StoredRequest? request = null;
        await using (var query = PortalDatabase.Command(connection, null, "SELECT id, body, devices, megawatts, approved_by, is_waiting FROM control_requests WHERE id = @id", ("id", id.ToString("N"))))
        await using (var rows = await query.ExecuteReaderAsync(cancellation).ConfigureAwait(false))
            if (await rows.ReadAsync(cancellation).ConfigureAwait(false)) request = RequestOf(rows);
        if (request is null) return null;
        var steps = new List<ControlStep>();
        await using var found = PortalDatabase.Command(connection, null, "SELECT request, place, what, at, mark, reason FROM control_steps WHERE request = @id ORDER BY sequence", ("id", id.ToString("N")));
        await using var read = await found.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        while (await read.ReadAsync(cancellation).ConfigureAwait(false)) steps.Add(StepOf(read));
        return (request, steps);
    }

    /// <summary>Deletes what has been over for longer than it is kept.</summary>
    internal Task RetireAsync(DateTime before, CancellationToken cancellation) => _database.WriteAsync(
        async (connection, transaction) =>
        {
            const string Old = "SELECT id FROM control_requests WHERE is_over = 1 AND created < @before";
            foreach (var sql in (string[])[$"DELETE FROM control_steps WHERE request IN ({Old})", "DELETE FROM control_requests WHERE is_over = 1 AND created < @before", "DELETE FROM control_leaves WHERE at < @before"])
            {
                await using var delete = PortalDatabase.Command(connection, transaction, sql, ("before", before.Ticks));
                await delete.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
            }
        },
        cancellation);

    private static StoredRequest RequestOf(DbDataReader row) => new(
        JsonSerializer.Deserialize<ControlRequest>(row.GetString(1)) ?? throw new StorageException($"The request {row.GetString(0)} is not one."), Unpack(row.GetFieldValue<byte[]>(2)),
        double.Parse(row.GetString(3), System.Globalization.CultureInfo.InvariantCulture), row.IsDBNull(4) ? null : row.GetString(4), row.GetInt32(5) != 0);

    private static ControlStep StepOf(DbDataReader row) => new(
        Guid.ParseExact(row.GetString(0), "N"), row.GetInt32(1), (OrderEvent)row.GetInt32(2), new DateTime(row.GetInt64(3), DateTimeKind.Utc), row.IsDBNull(4) ? null : row.GetString(4), row.IsDBNull(5) ? null : row.GetString(5));

    // Names of one area are alike: a hundred thousand of them take some hundred kilobytes.
    private static byte[] Pack(IReadOnlyList<string> devices)
    {
        using var packed = new MemoryStream();
        using (var writer = new StreamWriter(new BrotliStream(packed, CompressionLevel.Fastest), new UTF8Encoding(false)))
            foreach (var device in devices) writer.Write(device + '\n');
        return packed.ToArray();
    }

    private static string[] Unpack(byte[] packed)
    {
        using var reader = new StreamReader(new BrotliStream(new MemoryStream(packed), CompressionMode.Decompress), Encoding.UTF8);
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
