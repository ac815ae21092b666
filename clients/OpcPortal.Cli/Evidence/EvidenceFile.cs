using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.Data.Sqlite;
using OpcPortal.Models;

namespace OpcPortal.Cli.Evidence;

/// <summary>Rows of evidence in a file: an export, a JSON object a line, or a SQLite database of a portal server, which is only read.</summary>
internal static class EvidenceFile
{
    private const string Query = "SELECT class, sequence, time, kind, type, party, body, previous, hash FROM evidence ORDER BY class, sequence";

    private static ReadOnlySpan<byte> SqliteHeader => "SQLite format 3\0"u8;

    /// <exception cref="CliException">It is neither, or a row cannot be read: which.</exception>
    public static IAsyncEnumerable<EvidenceRow> ReadAsync(string file, CancellationToken cancellation) => IsSqlite(file) ? ReadDatabaseAsync(file, cancellation) : ReadLinesAsync(file, cancellation);

    private static bool IsSqlite(string file)
    {
        using var stream = File.OpenRead(file);
        Span<byte> header = stackalloc byte[SqliteHeader.Length];
        return stream.ReadAtLeast(header, header.Length, throwOnEndOfStream: false) == header.Length && header.SequenceEqual(SqliteHeader);
    }

    private static async IAsyncEnumerable<EvidenceRow> ReadLinesAsync(string file, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var number = 0L;
        await foreach (var line in File.ReadLinesAsync(file, Encoding.UTF8, cancellation))
        {
            number++;
            if (line.Length == 0) continue;
            yield return EvidenceText.TryRead(line, out var row) ? row! : throw new CliException(ExitCodes.NotWhole, $"{file}:{number} is no row of evidence: it was cut or written anew.");
        }
    }

    private static async IAsyncEnumerable<EvidenceRow> ReadDatabaseAsync(string file, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
        await using var command = connection.CreateCommand();
        command.CommandText = Query;
        var rows = await OpenAsync(file, connection, command, cancellation);
        await using (rows)
        {
            while (await rows.ReadAsync(cancellation)) yield return RowOf(file, rows);
        }
    }

    private static async Task<SqliteDataReader> OpenAsync(string file, SqliteConnection connection, SqliteCommand command, CancellationToken cancellation)
    {
        try
        {
            await connection.OpenAsync(cancellation);
            return await command.ExecuteReaderAsync(cancellation);
        }
        catch (SqliteException refused)
        {
            throw new CliException(ExitCodes.Usage, $"{file} cannot be read as evidence: {refused.Message}", "Give the database of a portal server (\"storage\" in its opcportal.json), or an export.");
        }
    }

    private static EvidenceRow RowOf(string file, SqliteDataReader rows)
    {
        try
        {
            return new EvidenceRow
            {
                Class = (EvidenceClass)rows.GetByte(0),
                Sequence = rows.GetInt64(1),
                Time = new DateTime(rows.GetInt64(2), DateTimeKind.Utc),
                Kind = (EvidenceKind)rows.GetByte(3),
                Type = rows.GetString(4),
                Party = rows.GetString(5),
                Body = rows.GetString(6),
                Previous = EvidenceDigest.FromBytes(rows.GetFieldValue<byte[]>(7)),
                Hash = EvidenceDigest.FromBytes(rows.GetFieldValue<byte[]>(8)),
            };
        }
        catch (Exception foreign) when (foreign is InvalidCastException or ArgumentException or OverflowException or InvalidOperationException)
        {
            throw new CliException(ExitCodes.NotWhole, $"{file}: the row with number {rows.GetValue(1)} of class {rows.GetValue(0)} is none that a server wrote: {foreign.Message}");
        }
    }
}
