using System.Data.Common;
using Npgsql;
using NpgsqlTypes;

namespace OpcPortal.Server;

/// <summary>A PostgreSQL database. The server makes its tables in the schema that the connection has by default.</summary>
public sealed class PostgreSqlDatabase : PortalDatabase
{
    private readonly NpgsqlDataSource _source;

    /// <param name="connectionString">As Npgsql takes it, such as <c>Host=db.example.org;Database=opcportal;Username=opcportal</c>.</param>
    /// <exception cref="StorageException">It is no connection string.</exception>
    public PostgreSqlDatabase(string connectionString)
    {
        try
        {
            var settings = new NpgsqlConnectionStringBuilder(connectionString) { ApplicationName = "OpcPortal", PersistSecurityInfo = false };
            Name = $"The database {settings.Database ?? settings.Username} at {settings.Host}";
            _source = NpgsqlDataSource.Create(settings);
        }
        catch (Exception malformed) when (malformed is ArgumentException or FormatException)
        {
            throw new StorageException("This is no connection string of PostgreSQL, such as \"Host=db.example.org;Database=opcportal;Username=opcportal\".", malformed);
        }
    }

    public override string Name { get; }
    public override string BytesType => "BYTEA";
    public override string ByBytes => "COLLATE \"C\"";

    internal override string ClusteredBy(string partition) => $" PARTITION BY RANGE ({partition})";

    internal override IReadOnlyList<string> MakePartition(string table, string partition, int from, int to) =>
        [string.Create(System.Globalization.CultureInfo.InvariantCulture, $"CREATE TABLE IF NOT EXISTS {partition} PARTITION OF {table} FOR VALUES FROM ({from}) TO ({to})")];

    internal override IReadOnlyList<string> DropPartition(string partition) => [$"DROP TABLE IF EXISTS {partition}"];

    internal override async Task<IAsyncDisposable> TakeAsync(string purpose, CancellationToken cancellation)
    {
        // Held by a connection of its own: the server gives it up when that ends.
        var connection = await OpenAsync(cancellation).ConfigureAwait(false);
        await using var query = Command(connection, null, "SELECT pg_try_advisory_lock(hashtext(current_schema() || @purpose))", ("purpose", "opcportal." + purpose));
        if (await query.ExecuteScalarAsync(cancellation).ConfigureAwait(false) is true) return new Taken(connection);
        await connection.DisposeAsync().ConfigureAwait(false);
        throw new StorageException($"{Name}: its {purpose} are another server's.");
    }

    private sealed class Taken(DbConnection connection) : IAsyncDisposable
    {
        // Back in the pool, the connection would still hold it.
        public async ValueTask DisposeAsync()
        {
            try
            {
                await ExecuteAsync(connection, null, "SELECT pg_advisory_unlock_all()", CancellationToken.None).ConfigureAwait(false);
            }
            catch (Exception gone) when (IsOfDatabase(gone))
            {
                // And with it the lock.
            }

            await connection.DisposeAsync().ConfigureAwait(false);
        }
    }

    private protected override async Task<DbConnection> ConnectAsync(CancellationToken cancellation) => await _source.OpenConnectionAsync(cancellation).ConfigureAwait(false);

    public override IReadOnlyList<string> MakeAppendOnly(string table, string? unless = null) =>
    [
        $"CREATE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'rows of {table} are neither changed nor deleted'; END $$",
        $"CREATE TRIGGER {table}_append_only BEFORE UPDATE {(unless is null ? "OR DELETE " : "")}OR TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION {table}_append_only()",
        .. unless is null ? Array.Empty<string>() :
        [
            $"CREATE FUNCTION {table}_deletion() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF EXISTS ({unless}) THEN RETURN OLD; END IF; RAISE EXCEPTION 'rows of {table} are not deleted'; END $$",
            $"CREATE TRIGGER {table}_deletion BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_deletion()",
        ],
    ];

    public override async Task InsertAsync(DbConnection connection, DbTransaction transaction, string table, IReadOnlyList<string> columns, IEnumerable<object?[]> rows, CancellationToken cancellation)
    {
        var copy = $"COPY {table} ({string.Join(", ", columns)}) FROM STDIN (FORMAT BINARY)";
        await using var writer = await ((NpgsqlConnection)connection).BeginBinaryImportAsync(copy, cancellation).ConfigureAwait(false);
        foreach (var row in rows)
        {
            await writer.StartRowAsync(cancellation).ConfigureAwait(false);
            foreach (var value in row)
            {
                if (value is null) await writer.WriteNullAsync(cancellation).ConfigureAwait(false);
                else await writer.WriteAsync(value, TypeOf(value), cancellation).ConfigureAwait(false);
            }
        }

        await writer.CompleteAsync(cancellation).ConfigureAwait(false);
    }

    private static NpgsqlDbType TypeOf(object value) => value switch
    {
        string => NpgsqlDbType.Text,
        int => NpgsqlDbType.Integer,
        long => NpgsqlDbType.Bigint,
        byte[] => NpgsqlDbType.Bytea,
        _ => throw new ArgumentException($"A {value.GetType().Name} is no value of a column.", nameof(value)),
    };

    internal override async Task<DbTransaction> BeginSnapshotAsync(DbConnection connection, CancellationToken cancellation)
    {
        var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancellation).ConfigureAwait(false);
        await ExecuteAsync(connection, transaction, "SET TRANSACTION READ ONLY", cancellation).ConfigureAwait(false);
        return transaction;
    }

    internal override Task FillAsync(IReadOnlyList<string> tables, bool replace, Func<DbConnection, DbTransaction, Task> work, CancellationToken cancellation) => WriteAsync(
        async (connection, transaction) =>
        {
            foreach (var table in (IEnumerable<string>)[.. tables, "schema_versions"])
            {
                if (!replace && await ExistsAsync(connection, transaction, table, cancellation).ConfigureAwait(false)) throw new StorageException($"{Name} is not empty: it has a table {table}.");
                await ExecuteAsync(connection, transaction, $"DROP TABLE IF EXISTS {table} CASCADE", cancellation).ConfigureAwait(false);
                foreach (var function in (string[])[$"{table}_append_only", $"{table}_deletion"]) await ExecuteAsync(connection, transaction, $"DROP FUNCTION IF EXISTS {function}() CASCADE", cancellation).ConfigureAwait(false);
            }

            await work(connection, transaction).ConfigureAwait(false);
        },
        cancellation);

    private static async Task<bool> ExistsAsync(DbConnection connection, DbTransaction transaction, string table, CancellationToken cancellation)
    {
        await using var query = Command(connection, transaction, "SELECT to_regclass(@table) IS NOT NULL", ("table", table));
        return await query.ExecuteScalarAsync(cancellation).ConfigureAwait(false) is true;
    }

    public override bool IsUniqueViolation(Exception? refused) => refused is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation };

    public override ValueTask DisposeAsync() => _source.DisposeAsync();
}
