using System.Data.Common;

namespace OpcPortal.Server;

/// <summary>Puts the rows of a backup into a database, within one transaction, each part's tables made as they were when the backup was taken: a start brings them up.</summary>
internal sealed class RestoredTables(
    PortalDatabase database, DbConnection connection, DbTransaction transaction, IReadOnlyList<SchemaComponent> components, RestoredFolders files, CancellationToken cancellation) : IBackupContent
{
    // Rows of one statement: enough for the database to be fast, few enough for memory.
    private const int BatchRows = 5_000;

    private readonly HashSet<string> _made = new(StringComparer.Ordinal);
    private readonly List<object?[]> _rows = [];
    private SchemaComponent? _component;
    private string _table = "";
    private IReadOnlyList<string> _columns = [];
    private Type[] _types = [];

    public async ValueTask BeginTableAsync(string component, int version, string table, IReadOnlyList<string> columns)
    {
        _component = components.Single(known => known.Name == component);
        if (_made.Add(component)) await database.MakeAsync(connection, transaction, _component, version, cancellation).ConfigureAwait(false);
        // The names of columns come out of a file: only those that the table has are put into statements.
        var known = await ColumnsOfAsync(table).ConfigureAwait(false);
        _types = [.. columns.Select(column => known.TryGetValue(column, out var type) ? type : throw new BackupException($"The backup has a column {column} of {table}, which that table does not have."))];
        (_table, _columns) = (table, columns);
    }

    public ValueTask AddAsync(IReadOnlyList<object?[]> rows)
    {
        foreach (var row in rows)
        {
            // Where a column says how wide its numbers are, it wants them so.
            for (var i = 0; i < row.Length; i++)
                if (row[i] is long number && _types[i] == typeof(int)) row[i] = checked((int)number);
            _rows.Add(row);
        }

        return _rows.Count < BatchRows ? ValueTask.CompletedTask : new ValueTask(FlushAsync());
    }

    public async ValueTask EndTableAsync()
    {
        if (_rows.Count > 0) await FlushAsync().ConfigureAwait(false);
    }

    public ValueTask BeginFileAsync(string folder, string path)
    {
        files.Begin(folder, path);
        return ValueTask.CompletedTask;
    }

    public ValueTask AddAsync(ReadOnlyMemory<byte> bytes)
    {
        files.Add(bytes.Span);
        return ValueTask.CompletedTask;
    }

    public ValueTask EndFileAsync()
    {
        files.End();
        return ValueTask.CompletedTask;
    }

    private async Task FlushAsync()
    {
        if (_component!.Prepare is { } prepare) await prepare(database, connection, transaction, _table, _columns, _rows, cancellation).ConfigureAwait(false);
        await database.InsertAsync(connection, transaction, _table, _columns, _rows, cancellation).ConfigureAwait(false);
        _rows.Clear();
    }

    private async Task<Dictionary<string, Type>> ColumnsOfAsync(string table)
    {
        await using var query = PortalDatabase.Command(connection, transaction, $"SELECT * FROM {table} WHERE 1 = 0");
        await using var none = await query.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        return Enumerable.Range(0, none.FieldCount).ToDictionary(none.GetName, none.GetFieldType, StringComparer.Ordinal);
    }
}
