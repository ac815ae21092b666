using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace OpcPortal.Server;

/// <summary>A SQLite file: with a write-ahead log, so that readers and the writer do not wait for each other, and written through to the disk at each commit.</summary>
public sealed class SqliteDatabase : PortalDatabase
{
    // SQLITE_CONSTRAINT_PRIMARYKEY and SQLITE_CONSTRAINT_UNIQUE.
    private const int PrimaryKeyViolation = 1555;
    private const int UniqueViolation = 2067;

    private readonly string _connectionString;
    private readonly string _file;

    /// <param name="file">Made where it is not there; its folder is.</param>
    public SqliteDatabase(string file)
    {
        _file = Path.GetFullPath(file);
        _connectionString = new SqliteConnectionStringBuilder { DataSource = _file, Mode = SqliteOpenMode.ReadWriteCreate, Pooling = true, ForeignKeys = true }.ToString();
    }

    public override string Name => $"The database {_file}";
    public override string BytesType => "BLOB";
    public override string ByBytes => "";

    internal override string ClusteredBy(string partition) => " WITHOUT ROWID";
    internal override IReadOnlyList<string> MakePartition(string table, string partition, int from, int to) => [];
    internal override IReadOnlyList<string> DropPartition(string partition) => [];

    internal override Task<IAsyncDisposable> TakeAsync(string purpose, CancellationToken cancellation)
    {
        try
        {
            // Released by the system when the process ends, however it does.
            return Task.FromResult<IAsyncDisposable>(new FileStream($"{_file}.{purpose}.lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (Exception taken) when (taken is IOException or UnauthorizedAccessException)
        {
            throw new StorageException($"{Name}: its {purpose} are another server's: {taken.Message}", taken);
        }
    }

    private protected override async Task<DbConnection> ConnectAsync(CancellationToken cancellation)
    {
        var connection = new SqliteConnection(_connectionString);
        try
        {
            await connection.OpenAsync(cancellation).ConfigureAwait(false);
            await using var settings = connection.CreateCommand();
            // FULL: in WAL mode the default may lose the last commits in a power failure.
            settings.CommandText = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL";
            await settings.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public override IReadOnlyList<string> MakeAppendOnly(string table, string? unless = null) =>
    [
        $"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} BEGIN SELECT RAISE(ABORT, 'rows of {table} are never changed'); END",
        $"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table}{(unless is null ? "" : $" WHEN NOT EXISTS ({unless})")} BEGIN SELECT RAISE(ABORT, 'rows of {table} are never deleted'); END",
    ];

    public override async Task InsertAsync(DbConnection connection, DbTransaction transaction, string table, IReadOnlyList<string> columns, IEnumerable<object?[]> rows, CancellationToken cancellation)
    {
        var sql = $"INSERT INTO {table} ({string.Join(", ", columns)}) VALUES ({string.Join(", ", columns.Select(column => "@" + column))})";
        await using var insert = Command(connection, transaction, sql, [.. columns.Select(column => (column, (object?)null))]);
        await insert.PrepareAsync(cancellation).ConfigureAwait(false);
        foreach (var row in rows)
        {
            for (var i = 0; i < row.Length; i++) insert.Parameters[i].Value = row[i] ?? DBNull.Value;
            await insert.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
        }
    }

    internal override async Task<DbTransaction> BeginSnapshotAsync(DbConnection connection, CancellationToken cancellation)
    {
        var transaction = ((SqliteConnection)connection).BeginTransaction(deferred: true);
        // In WAL mode the first read says what is seen from then on.
        await using var first = Command(connection, transaction, "SELECT count(*) FROM sqlite_master");
        await first.ExecuteScalarAsync(cancellation).ConfigureAwait(false);
        return transaction;
    }

    internal override async Task FillAsync(IReadOnlyList<string> tables, bool replace, Func<DbConnection, DbTransaction, Task> work, CancellationToken cancellation)
    {
        if (!replace && File.Exists(_file) && await HasTablesAsync(cancellation).ConfigureAwait(false)) throw new StorageException($"{Name} is not empty.");
        var fresh = _file + ".restoring";
        DeleteWithLogs(fresh);
        var database = new SqliteDatabase(fresh);
        await using (database.ConfigureAwait(false))
        {
            await database.WriteAsync(work, cancellation).ConfigureAwait(false);
            await using var connection = await database.OpenAsync(cancellation).ConfigureAwait(false);
            // One file, without a log beside it: it takes its place in one step.
            await ExecuteAsync(connection, null, "PRAGMA journal_mode = DELETE", cancellation).ConfigureAwait(false);
        }

        // Connections of the pool would go on with the file that was.
        await DisposeAsync().ConfigureAwait(false);
        DeleteWithLogs(_file, logsAlone: true);
        File.Move(fresh, _file, overwrite: true);
    }

    private async Task<bool> HasTablesAsync(CancellationToken cancellation)
    {
        await using var connection = await OpenAsync(cancellation).ConfigureAwait(false);
        await using var query = Command(connection, null, "SELECT count(*) FROM sqlite_master");
        return await query.ExecuteScalarAsync(cancellation).ConfigureAwait(false) is long and > 0;
    }

    private static void DeleteWithLogs(string file, bool logsAlone = false)
    {
        foreach (var ending in (string[])["-wal", "-shm", "-journal"]) File.Delete(file + ending);
        if (!logsAlone) File.Delete(file);
    }

    public override bool IsUniqueViolation(Exception? refused) => refused is SqliteException { SqliteExtendedErrorCode: PrimaryKeyViolation or UniqueViolation };

    public override ValueTask DisposeAsync()
    {
        // Else the pool keeps the file open.
        using var connection = new SqliteConnection(_connectionString);
        SqliteConnection.ClearPool(connection);
        return ValueTask.CompletedTask;
    }
}
