using System.Data.Common;

namespace OpcPortal.Server;

/// <summary>
/// The database that the server keeps its records in: a SQLite file, or PostgreSQL. What both do alike is said in SQL that both understand (types TEXT, BIGINT and INTEGER, parameters
/// <c>@name</c>); where they differ, it is said here. A transaction that was committed survives a crash.
/// </summary>
public abstract class PortalDatabase : IAsyncDisposable
{
    private const string Versions = "CREATE TABLE IF NOT EXISTS schema_versions (component TEXT NOT NULL PRIMARY KEY, version INTEGER NOT NULL)";

    /// <summary>What follows the definition of a table whose rows are read in the order of its primary key: kept so, or in partitions of a column's ranges.</summary>
    /// <param name="partition">The first column of the key.</param>
    internal abstract string ClusteredBy(string partition);

    /// <summary>The statements that make a table which <see cref="ClusteredBy"/> defines ready for rows of a range; none where it always is.</summary>
    /// <param name="from">Included.</param>
    /// <param name="to">Excluded.</param>
    internal abstract IReadOnlyList<string> MakePartition(string table, string partition, int from, int to);

    /// <summary>The statements that delete such a partition with its rows; none: rows are to be deleted one by one.</summary>
    internal abstract IReadOnlyList<string> DropPartition(string partition);

    /// <summary>Takes the database for this process alone, until what is returned is disposed or the process ends.</summary>
    /// <param name="purpose">What of it is taken: several do not disturb each other.</param>
    /// <exception cref="StorageException">Another process has it.</exception>
    internal abstract Task<IAsyncDisposable> TakeAsync(string purpose, CancellationToken cancellation);

    /// <summary>For messages: which database, without any secret.</summary>
    public abstract string Name { get; }

    /// <summary>The type of columns with bytes.</summary>
    public abstract string BytesType { get; }

    /// <summary>What makes a text column compare by its bytes, so that both databases order alike.</summary>
    public abstract string ByBytes { get; }

    /// <summary>A connection from the pool, open.</summary>
    /// <exception cref="StorageException">It cannot be reached.</exception>
    public async Task<DbConnection> OpenAsync(CancellationToken cancellation)
    {
        try
        {
            return await ConnectAsync(cancellation).ConfigureAwait(false);
        }
        catch (Exception unreachable) when (IsOfDatabase(unreachable))
        {
            throw new StorageException($"{Name} cannot be opened: {unreachable.Message}", unreachable);
        }
    }

    /// <summary>Does something in one transaction: all of it, durably, or nothing.</summary>
    /// <exception cref="StorageException">The database refuses, or cannot be reached. See <see cref="IsUniqueViolation"/> for its inner exception.</exception>
    public async Task WriteAsync(Func<DbConnection, DbTransaction, Task> work, CancellationToken cancellation)
    {
        await using var connection = await OpenAsync(cancellation).ConfigureAwait(false);
        try
        {
            await using var transaction = await connection.BeginTransactionAsync(cancellation).ConfigureAwait(false);
            await work(connection, transaction).ConfigureAwait(false);
            await transaction.CommitAsync(cancellation).ConfigureAwait(false);
        }
        catch (Exception refused) when (IsOfDatabase(refused))
        {
            throw new StorageException($"{Name}: {refused.Message}", refused);
        }
    }

    /// <summary>Reads something as it is at one moment, whatever is written meanwhile.</summary>
    /// <exception cref="StorageException">The database cannot be reached.</exception>
    internal async Task<T> ReadAsync<T>(Func<DbConnection, DbTransaction, Task<T>> work, CancellationToken cancellation)
    {
        await using var connection = await OpenAsync(cancellation).ConfigureAwait(false);
        try
        {
            await using var transaction = await BeginSnapshotAsync(connection, cancellation).ConfigureAwait(false);
            return await work(connection, transaction).ConfigureAwait(false);
        }
        catch (Exception failed) when (IsOfDatabase(failed))
        {
            throw new StorageException($"{Name}: {failed.Message}", failed);
        }
    }

    /// <summary>Brings the tables of a part of the server to the newest form. Each step is done once, whole or not at all.</summary>
    /// <exception cref="StorageException">The tables are newer than this server.</exception>
    public Task MigrateAsync(SchemaComponent component, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(component);
        return MigrateAsync(component.Name, component.Steps(this), cancellation);
    }

    /// <inheritdoc cref="MigrateAsync(SchemaComponent, CancellationToken)"/>
    /// <param name="component">The part, such as <c>records</c>.</param>
    /// <param name="steps">The statements of each version, from 1; those that were released never change.</param>
    public async Task MigrateAsync(string component, IReadOnlyList<IReadOnlyList<string>> steps, CancellationToken cancellation)
    {
        await WriteAsync((connection, transaction) => ExecuteAsync(connection, transaction, Versions, cancellation), cancellation).ConfigureAwait(false);
        for (var done = false; !done;)
        {
            await WriteAsync(async (connection, transaction) => done = await MigrateOnceAsync(connection, transaction, component, steps, cancellation).ConfigureAwait(false), cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Makes the tables of a part as they were in a version, within a transaction of the caller.</summary>
    /// <param name="version">From 1 to that of this server.</param>
    internal async Task MakeAsync(DbConnection connection, DbTransaction transaction, SchemaComponent component, int version, CancellationToken cancellation)
    {
        await ExecuteAsync(connection, transaction, Versions, cancellation).ConfigureAwait(false);
        var steps = component.Steps(this).Take(version).ToArray();
        while (!await MigrateOnceAsync(connection, transaction, component.Name, steps, cancellation).ConfigureAwait(false))
        {
            // Each round is one version.
        }
    }

    private async Task<bool> MigrateOnceAsync(DbConnection connection, DbTransaction transaction, string component, IReadOnlyList<IReadOnlyList<string>> steps, CancellationToken cancellation)
    {
        var version = await VersionOfAsync(connection, transaction, component, cancellation).ConfigureAwait(false);
        if (version > steps.Count) throw new StorageException($"{Name}: its tables of {component} have version {version}, and this server knows {steps.Count}: run the newer server.");
        if (version == steps.Count) return true;
        foreach (var statement in steps[version]) await ExecuteAsync(connection, transaction, statement, cancellation).ConfigureAwait(false);
        await using var note = version == 0
            ? Command(connection, transaction, "INSERT INTO schema_versions (component, version) VALUES (@component, @version)", ("component", component), ("version", version + 1))
            : Command(connection, transaction, "UPDATE schema_versions SET version = @version WHERE component = @component", ("component", component), ("version", version + 1));
        await note.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
        return version + 1 == steps.Count;
    }

    /// <summary>The version of a part's tables; 0: there are none.</summary>
    internal static async Task<int> VersionOfAsync(DbConnection connection, DbTransaction transaction, string component, CancellationToken cancellation)
    {
        await using var query = Command(connection, transaction, "SELECT version FROM schema_versions WHERE component = @component", ("component", component));
        return await query.ExecuteScalarAsync(cancellation).ConfigureAwait(false) is { } found ? Convert.ToInt32(found, System.Globalization.CultureInfo.InvariantCulture) : 0;
    }

    /// <summary>The statements after which rows of a table can be added, and neither changed nor deleted.</summary>
    /// <param name="unless">A query over the row <c>OLD</c>: where it finds something, that row may be deleted all the same; null: none may.</param>
    public abstract IReadOnlyList<string> MakeAppendOnly(string table, string? unless = null);

    /// <summary>Adds many rows, as fast as the database can. Values are text, int, long, bytes or null, of the columns' types.</summary>
    public abstract Task InsertAsync(DbConnection connection, DbTransaction transaction, string table, IReadOnlyList<string> columns, IEnumerable<object?[]> rows, CancellationToken cancellation);

    /// <summary>Begins to read all as it is now, whatever is written meanwhile. Nothing waits for it.</summary>
    internal abstract Task<DbTransaction> BeginSnapshotAsync(DbConnection connection, CancellationToken cancellation);

    /// <summary>Fills an empty database in one go: all that the work does is there when this completes, or nothing.</summary>
    /// <param name="tables">Those that the server may have in it.</param>
    /// <param name="replace">What is there goes when the work is done; else nothing may be there.</param>
    /// <exception cref="StorageException">Something is there, or the database refuses.</exception>
    internal abstract Task FillAsync(IReadOnlyList<string> tables, bool replace, Func<DbConnection, DbTransaction, Task> work, CancellationToken cancellation);

    /// <summary>Whether a row was refused because its key is there already.</summary>
    public abstract bool IsUniqueViolation(Exception? refused);

    /// <summary>A command with its parameters.</summary>
    public static DbCommand Command(DbConnection connection, DbTransaction? transaction, string sql, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        var command = connection.CreateCommand();
        command.Transaction = transaction;
        // Statements are constants of this server; what comes from elsewhere is a parameter.
#pragma warning disable CA2100
        command.CommandText = sql;
#pragma warning restore CA2100
        foreach (var (name, value) in parameters)
        {
            var parameter = command.CreateParameter();
            parameter.ParameterName = name;
            parameter.Value = value ?? DBNull.Value;
            command.Parameters.Add(parameter);
        }

        return command;
    }

    /// <summary>Runs a statement.</summary>
    public static async Task ExecuteAsync(DbConnection connection, DbTransaction? transaction, string sql, CancellationToken cancellation)
    {
        await using var command = Command(connection, transaction, sql);
        await command.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
    }

    /// <summary>Whether an exception is the database's: everything else is a mistake of the server.</summary>
    internal static bool IsOfDatabase(Exception exception) => exception is DbException or IOException or TimeoutException or System.Net.Sockets.SocketException;

    private protected abstract Task<DbConnection> ConnectAsync(CancellationToken cancellation);

    public abstract ValueTask DisposeAsync();
}
