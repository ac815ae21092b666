using System.Collections.Concurrent;
using System.Globalization;
using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>
/// The exchanges of meters that were told while the server ran: rows that are only ever added, so that one that was told wrongly is told again and both stay. Thread-safe; what is known is in memory, for
/// validation asks for it at each register that goes down.
/// </summary>
public sealed class MeterExchanges : IDisposable
{
    /// <summary>Exchanges of one register: a meter lives for ten years and more, and one that is exchanged each month is a mistake of a program.</summary>
    public const int MaxOfRegister = 128;

    private const string Table = "meter_exchanges";
    private static readonly string[] Columns = ["device", "register", "at", "version", "final", "first", "old_serial", "new_serial", "recorded_at", "author"];

    /// <summary>Its table.</summary>
    public static SchemaComponent Schema { get; } = new("exchanges", static database =>
    [
        [
            $"""
            CREATE TABLE {Table} (
                device TEXT {database.ByBytes} NOT NULL, register TEXT {database.ByBytes} NOT NULL, at BIGINT NOT NULL, version INTEGER NOT NULL,
                final TEXT NOT NULL, first TEXT NOT NULL, old_serial TEXT NOT NULL, new_serial TEXT NOT NULL, recorded_at BIGINT NOT NULL, author TEXT NOT NULL,
                PRIMARY KEY (device, register, at, version))
            """,
            .. database.MakeAppendOnly(Table),
        ],
    ], [Table]);

    private readonly PortalDatabase _database;
    private readonly SemaphoreSlim _turn = new(1);

    // By device, in order of time. The arrays are replaced, never changed.
    private readonly ConcurrentDictionary<string, Recorded[]> _byDevice = new(StringComparer.Ordinal);

    private MeterExchanges(PortalDatabase database) => _database = database;

    /// <summary>Opens the table of a database, making or bringing it up, and reads it. The database stays its owner's.</summary>
    /// <exception cref="StorageException">The database cannot be reached, or is of a newer server.</exception>
    public static async Task<MeterExchanges> OpenAsync(PortalDatabase database, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(database);
        await database.MigrateAsync(Schema, cancellation).ConfigureAwait(false);
        var exchanges = new MeterExchanges(database);
        await exchanges.LoadAsync(cancellation).ConfigureAwait(false);
        return exchanges;
    }

    /// <summary>The exchanges of the meter of a register, in order of time.</summary>
    /// <param name="device"><c>portal/device</c>.</param>
    internal IEnumerable<MeterExchange> Of(string device, string register)
    {
        foreach (var known in All(device))
            if (known.Register == register) yield return known.Exchange;
    }

    /// <summary>The serial number of the meter that was in place at a time.</summary>
    /// <param name="at">UTC; at an exchange the old meter is still there.</param>
    /// <param name="configured">What the device's file says: of the meter that is there now, or was when the file was written.</param>
    internal string SerialAt(string device, DateTime at, string configured)
    {
        var known = All(device);
        if (known.Length == 0 || (configured.Length > 0 && !Array.Exists(known, one => one.Exchange.OldSerial == configured || one.Exchange.NewSerial == configured))) return configured;
        var before = Array.FindLast(known, one => one.Exchange.At < at);
        return before is not null ? before.Exchange.NewSerial : known[0].Exchange.OldSerial;
    }

    /// <summary>Keeps exchanges of one meter, all or none: one of the same register and time takes the place of the one told before.</summary>
    /// <returns>False where there would be too many of a register.</returns>
    /// <exception cref="StorageException">They could not be kept.</exception>
    internal async Task<bool> AddAsync(string device, IReadOnlyList<DeviceExchange> added, string author, DateTime now, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            var known = All(device).ToList();
            var rows = new List<object?[]>();
            foreach (var (_, register, exchange) in added)
            {
                var at = known.FindIndex(one => one.Register == register && one.Exchange.At == exchange.At);
                // Told once more: a client that got no answer asks again.
                if (at >= 0 && known[at].Exchange == exchange) continue;
                if (at < 0 && known.Count(one => one.Register == register) >= MaxOfRegister) return false;
                var version = at < 0 ? 1 : known[at].Version + 1;
                if (at >= 0) known.RemoveAt(at);
                known.Add(new Recorded(string.Intern(register), version, exchange));
                rows.Add([device, register, exchange.At.Ticks, version, Text(exchange.Final), Text(exchange.First), exchange.OldSerial, exchange.NewSerial, now.Ticks, author]);
            }

            if (rows.Count == 0) return true;
            await _database.WriteAsync((connection, transaction) => _database.InsertAsync(connection, transaction, Table, Columns, rows, cancellation), cancellation).ConfigureAwait(false);
            _byDevice[device] = [.. known.OrderBy(one => one.Exchange.At)];
            return true;
        }
        finally
        {
            _turn.Release();
        }
    }

    private Recorded[] All(string device) => _byDevice.TryGetValue(device, out var known) ? known : [];

    private async Task LoadAsync(CancellationToken cancellation)
    {
        try
        {
            await using var connection = await _database.OpenAsync(cancellation).ConfigureAwait(false);
            await using var query = PortalDatabase.Command(connection, null, $"SELECT device, register, at, version, final, first, old_serial, new_serial FROM {Table} ORDER BY device, at, register, version");
            await using var rows = await query.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
            var (device, ofDevice) = ("", new List<Recorded>());
            while (await rows.ReadAsync(cancellation).ConfigureAwait(false))
            {
                if (rows.GetString(0) != device) Take();
                device = rows.GetString(0);
                var exchange = new MeterExchange(new DateTime(rows.GetInt64(2), DateTimeKind.Utc), Number(rows.GetString(4)), Number(rows.GetString(5)), rows.GetString(6), rows.GetString(7));
                var read = new Recorded(string.Intern(rows.GetString(1)), rows.GetInt32(3), exchange);
                // The newest version of one register and time comes last, and holds.
                if (ofDevice.Count > 0 && ofDevice[^1].Register == read.Register && ofDevice[^1].Exchange.At == exchange.At) ofDevice[^1] = read;
                else ofDevice.Add(read);
            }

            Take();

            void Take()
            {
                if (ofDevice.Count > 0) _byDevice[device] = [.. ofDevice];
                ofDevice.Clear();
            }
        }
        catch (Exception failed) when (PortalDatabase.IsOfDatabase(failed))
        {
            throw new StorageException($"{_database.Name}: {failed.Message}", failed);
        }
    }

    private static string Text(double number) => number.ToString("R", CultureInfo.InvariantCulture);

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    public void Dispose() => _turn.Dispose();

    private sealed record Recorded(string Register, int Version, MeterExchange Exchange);
}
