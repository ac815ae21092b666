namespace OpcPortal.Server;

/// <summary>Takes a backup back into the storage of a server that does not run: verified before anything is written, then all of it or nothing.</summary>
public static class BackupRestore
{
    /// <summary>Reads a backup to its end, and tells whether it is whole.</summary>
    /// <exception cref="BackupException">It is not, or it was sealed with another key.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static async Task<BackupManifest> VerifyAsync(string file, BackupKey key, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        await using var input = Open(file);
        using var reader = new BackupReader(input, key);
        return await reader.ReadAsync(new Nothing(), cancellation).ConfigureAwait(false);
    }

    /// <summary>Restores a backup.</summary>
    /// <param name="replace">What is in the database, and in folders that are kept whole, goes; else nothing may be there.</param>
    /// <exception cref="BackupException">The backup is not whole, of another key, or of a newer server.</exception>
    /// <exception cref="StorageException">A server uses the database, it is not empty, or it refuses.</exception>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    public static async Task<BackupManifest> RestoreAsync(
        string file, BackupKey key, PortalDatabase database, IReadOnlyList<SchemaComponent> components, IReadOnlyList<BackupFolder> folders, bool replace, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(database);
        ArgumentNullException.ThrowIfNull(components);
        ArgumentNullException.ThrowIfNull(folders);
        var manifest = await VerifyAsync(file, key, cancellation).ConfigureAwait(false);
        foreach (var table in manifest.Tables) Check(database, components, table);
        // A server that runs has it: its database is not to be changed below it.
        await using var taken = await database.TakeAsync("readings", cancellation).ConfigureAwait(false);
        using var files = new RestoredFolders(folders, replace);
        await database.FillAsync(
            [.. components.SelectMany(component => component.Tables)], replace,
            async (connection, transaction) =>
            {
                await using var input = Open(file);
                using var reader = new BackupReader(input, key);
                var read = await reader.ReadAsync(new RestoredTables(database, connection, transaction, components, files, cancellation), cancellation).ConfigureAwait(false);
                if (read.Hash != manifest.Hash) throw new BackupException("The backup changed while it was restored.");
                // Then the database is committed: until it is, the server would not start on a part of all.
                files.Place();
            },
            cancellation).ConfigureAwait(false);
        return manifest;
    }

    private static void Check(PortalDatabase database, IReadOnlyList<SchemaComponent> components, BackedUpTable table)
    {
        var component = components.FirstOrDefault(known => known.Name == table.Component) ?? throw new BackupException($"The backup holds the part {table.Component}, which this server does not know: use the server that it is from.");
        var newest = component.Steps(database).Count;
        if (table.Version < 1 || table.Version > newest) throw new BackupException($"The backup holds the part {table.Component} in version {table.Version}, and this server knows {newest}: use a newer server.");
        if (!component.Tables.Contains(table.Name)) throw new BackupException($"The backup holds a table {table.Name}, which the part {table.Component} of this server does not have.");
    }

    private static FileStream Open(string file) => new(file, FileMode.Open, FileAccess.Read, FileShare.Read, 128 * 1024);

    private sealed class Nothing : IBackupContent
    {
        public ValueTask BeginTableAsync(string component, int version, string table, IReadOnlyList<string> columns) => ValueTask.CompletedTask;
        public ValueTask AddAsync(IReadOnlyList<object?[]> rows) => ValueTask.CompletedTask;
        public ValueTask EndTableAsync() => ValueTask.CompletedTask;
        public ValueTask BeginFileAsync(string folder, string path) => ValueTask.CompletedTask;
        public ValueTask AddAsync(ReadOnlyMemory<byte> bytes) => ValueTask.CompletedTask;
        public ValueTask EndFileAsync() => ValueTask.CompletedTask;
    }
}
