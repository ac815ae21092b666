using System.Data;
using System.Data.Common;

namespace OpcPortal.Server;

/// <summary>What a backup is made of: every table of the server, as one snapshot shows them while it goes on working, and the folders that belong to it.</summary>
/// <param name="settle">Completes when what was taken before is in the database; null: all is.</param>
internal sealed class BackupSource(PortalDatabase database, IReadOnlyList<SchemaComponent> components, IReadOnlyList<BackupFolder> folders, Func<CancellationToken, Task>? settle = null)
{
    /// <summary>Writes a backup.</summary>
    /// <exception cref="BackupException">It cannot be made.</exception>
    /// <exception cref="StorageException">The database cannot be read.</exception>
    public async Task<BackupManifest> WriteAsync(Stream output, BackupKey key, string server, TimeProvider time, BackupProgress progress, CancellationToken cancellation)
    {
        using var writer = new BackupWriter(output, key);
        // Files first: an anchor of evidence then names a row that the snapshot has, and a reading that leaves an adapter's backlog meanwhile is in the snapshot.
        foreach (var folder in folders.Where(folder => folder.IsTaken)) AddFolder(writer, folder, progress, cancellation);
        if (settle is not null) await settle(cancellation).ConfigureAwait(false);
        var takenAt = time.GetUtcNow().UtcDateTime;
        await using var connection = await database.OpenAsync(cancellation).ConfigureAwait(false);
        try
        {
            await using var snapshot = await database.BeginSnapshotAsync(connection, cancellation).ConfigureAwait(false);
            foreach (var component in components)
            {
                var version = await PortalDatabase.VersionOfAsync(connection, snapshot, component.Name, cancellation).ConfigureAwait(false);
                if (version == 0) continue;
                foreach (var table in component.Tables) await AddTableAsync(writer, connection, snapshot, component.Name, version, table, progress, cancellation).ConfigureAwait(false);
            }
        }
        catch (Exception failed) when (PortalDatabase.IsOfDatabase(failed))
        {
            throw new StorageException($"{database.Name}: {failed.Message}", failed);
        }

        return writer.Complete(server, takenAt);
    }

    private static async Task AddTableAsync(BackupWriter writer, DbConnection connection, DbTransaction snapshot, string component, int version, string table, BackupProgress progress, CancellationToken cancellation)
    {
        progress.Begin(table);
        await using var query = PortalDatabase.Command(connection, snapshot, $"SELECT * FROM {table}");
        await using var rows = await query.ExecuteReaderAsync(CommandBehavior.SequentialAccess, cancellation).ConfigureAwait(false);
        var row = new object?[rows.FieldCount];
        writer.BeginTable(component, version, table, [.. Enumerable.Range(0, row.Length).Select(rows.GetName)]);
        while (await rows.ReadAsync(cancellation).ConfigureAwait(false))
        {
            for (var i = 0; i < row.Length; i++) row[i] = rows.GetValue(i);
            writer.Add(row);
            progress.AddRow();
        }

        writer.EndTable(component, version, table);
    }

    private static void AddFolder(BackupWriter writer, BackupFolder folder, BackupProgress progress, CancellationToken cancellation)
    {
        progress.Begin(folder.Name);
        foreach (var path in folder.Files())
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                using var content = new FileStream(folder.PlaceOf(path), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
                writer.AddFile(folder.Name, path, content);
            }
            catch (FileNotFoundException)
            {
                // Removed since it was listed: it does not belong to the state that is kept.
            }
        }
    }
}

/// <summary>How far a backup is. Written by one thread, read by others.</summary>
internal sealed class BackupProgress
{
    private volatile string _part = "";
    private long _rows;

    /// <summary>The table or folder that is being read.</summary>
    public string Part => _part;

    public long Rows => Interlocked.Read(ref _rows);

    public void Begin(string part) => _part = part;

    public void AddRow() => Interlocked.Increment(ref _rows);
}
