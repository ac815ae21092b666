namespace OpcPortal.Server;

/// <summary>A day of a point as it outlives the process: by the point's name.</summary>
internal readonly record struct StoredDay(string Point, int Day);

/// <summary>
/// The days that were to be looked at when the server ended, and through when all others had been. Days of lately are not kept one by one: a start looks at all of them since then.
/// </summary>
public sealed class SqlValidationWork
{
    private const string Through = "through";

    /// <summary>Its tables.</summary>
    public static SchemaComponent Schema { get; } = new("validation", static database =>
    [
        [
            $"CREATE TABLE validation_days (point TEXT {database.ByBytes} NOT NULL, day INTEGER NOT NULL, PRIMARY KEY (point, day))",
            $"CREATE TABLE validation_state (name TEXT {database.ByBytes} NOT NULL PRIMARY KEY, value BIGINT NOT NULL)",
        ],
    ], ["validation_days", "validation_state"]);

    private readonly PortalDatabase _database;

    private SqlValidationWork(PortalDatabase database) => _database = database;

    /// <summary>Opens the tables of a database, making or bringing them up. The database stays its owner's.</summary>
    /// <exception cref="StorageException">The database cannot be reached, or is of a newer server.</exception>
    public static async Task<SqlValidationWork> OpenAsync(PortalDatabase database, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(database);
        await database.MigrateAsync(Schema, cancellation).ConfigureAwait(false);
        return new SqlValidationWork(database);
    }

    /// <summary>What was left.</summary>
    /// <returns>Through when all else was looked at, UTC; null: nothing ever was.</returns>
    internal async Task<(DateTime? Through, IReadOnlyList<StoredDay> Days)> LoadAsync(CancellationToken cancellation)
    {
        await using var connection = await _database.OpenAsync(cancellation).ConfigureAwait(false);
        await using var state = PortalDatabase.Command(connection, null, "SELECT value FROM validation_state WHERE name = @name", ("name", Through));
        var through = await state.ExecuteScalarAsync(cancellation).ConfigureAwait(false) is { } ticks ? new DateTime(Convert.ToInt64(ticks, System.Globalization.CultureInfo.InvariantCulture), DateTimeKind.Utc) : (DateTime?)null;
        await using var query = PortalDatabase.Command(connection, null, "SELECT point, day FROM validation_days");
        await using var rows = await query.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        var days = new List<StoredDay>();
        while (await rows.ReadAsync(cancellation).ConfigureAwait(false)) days.Add(new StoredDay(rows.GetString(0), rows.GetInt32(1)));
        return (through, days);
    }

    /// <summary>Keeps what has changed.</summary>
    /// <param name="added">Days that wait since.</param>
    /// <param name="done">Days that wait no longer.</param>
    /// <param name="through">Through when all else was looked at, UTC.</param>
    internal Task SaveAsync(IReadOnlyCollection<StoredDay> added, IReadOnlyCollection<StoredDay> done, DateTime through, CancellationToken cancellation) => _database.WriteAsync(
        async (connection, transaction) =>
        {
            foreach (var day in added) await RunAsync("INSERT INTO validation_days (point, day) VALUES (@point, @day) ON CONFLICT DO NOTHING", day).ConfigureAwait(false);
            foreach (var day in done) await RunAsync("DELETE FROM validation_days WHERE point = @point AND day = @day", day).ConfigureAwait(false);
            await using var state = PortalDatabase.Command(
                connection, transaction, "INSERT INTO validation_state (name, value) VALUES (@name, @value) ON CONFLICT (name) DO UPDATE SET value = excluded.value", ("name", Through), ("value", through.Ticks));
            await state.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);

            async Task RunAsync(string sql, StoredDay day)
            {
                await using var command = PortalDatabase.Command(connection, transaction, sql, ("point", day.Point), ("day", day.Day));
                await command.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
            }
        },
        cancellation);
}
