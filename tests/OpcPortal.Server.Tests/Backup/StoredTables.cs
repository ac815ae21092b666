using System.Globalization;

namespace OpcPortal.Server.Tests;

/// <summary>What a database holds, in a form that is the same for both kinds.</summary>
internal static class StoredTables
{
    /// <summary>Each table's rows as texts, in a fixed order.</summary>
    public static async Task<SortedDictionary<string, List<string>>> ReadAsync(PortalDatabase database, CancellationToken cancellation)
    {
        var tables = new SortedDictionary<string, List<string>>(StringComparer.Ordinal);
        await using var connection = await database.OpenAsync(cancellation);
        foreach (var table in PortalSchema.Components.SelectMany(component => component.Tables))
        {
            await using var query = PortalDatabase.Command(connection, null, $"SELECT * FROM {table}");
            await using var rows = await query.ExecuteReaderAsync(cancellation);
            var texts = new List<string>();
            while (await rows.ReadAsync(cancellation)) texts.Add(string.Join('|', Enumerable.Range(0, rows.FieldCount).Select(i => $"{rows.GetName(i)}={Text(rows.GetValue(i))}").Order(StringComparer.Ordinal)));
            texts.Sort(StringComparer.Ordinal);
            tables[table] = texts;
        }

        return tables;
    }

    /// <summary>The names of all tables of a database, those of the server's bookkeeping left out, and parts of partitioned ones.</summary>
    public static async Task<List<string>> NamesAsync(PortalDatabase database, CancellationToken cancellation)
    {
        var sql = database is SqliteDatabase
            ? "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            : "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition";
        await using var connection = await database.OpenAsync(cancellation);
        await using var query = PortalDatabase.Command(connection, null, sql);
        await using var rows = await query.ExecuteReaderAsync(cancellation);
        var names = new List<string>();
        while (await rows.ReadAsync(cancellation)) names.Add(rows.GetString(0));
        names.Remove("schema_versions");
        names.Sort(StringComparer.Ordinal);
        return names;
    }

    private static string Text(object? value) => value switch
    {
        null or DBNull => "",
        byte[] bytes => Convert.ToHexStringLower(bytes),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString()!,
    };
}
