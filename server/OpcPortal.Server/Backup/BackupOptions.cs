namespace OpcPortal.Server;

/// <summary>How a server is backed up.</summary>
public sealed record BackupOptions
{
    /// <summary>Where backups go; made where it is not there.</summary>
    public required string Folder { get; init; }

    /// <summary>What they are sealed with. Disposed by whoever read it.</summary>
    public required BackupKey Key { get; init; }

    /// <summary>The name of the server in them: its application URI.</summary>
    public required string Server { get; init; }

    /// <summary>Backups kept, the newest: older ones go when a new one is whole. Default: a week of daily ones.</summary>
    public int Keep { get; init; } = 7;

    /// <summary>How often one is made without being asked for; null: never.</summary>
    public TimeSpan? Every { get; init; }

    /// <summary>The folders that belong to it.</summary>
    public IReadOnlyList<BackupFolder> Folders { get; init; } = [];
}

/// <summary>What the last backup does or did. NodeSet.xml: BackupStateEnumeration.</summary>
public enum BackupState
{
    /// <summary>None was made since the server started.</summary>
    Idle = 0,
    Running = 1,
    Done = 2,
    Failed = 3,
}

/// <summary>The last backup, and how far it is. NodeSet.xml: BackupStatusDataType.</summary>
/// <param name="File">Its name in the folder of backups; empty: there is none.</param>
/// <param name="Part">The table or folder that is being read.</param>
/// <param name="Bytes">Of the file, once it is whole.</param>
/// <param name="Hash">SHA-256 of the file, hexadecimal, once it is whole.</param>
/// <param name="Reason">Why it failed.</param>
public sealed record BackupStatus(BackupState State, string File, DateTime StartedAt, DateTime EndedAt, string Part, long Rows, long Bytes, string Hash, string Reason)
{
    internal static BackupStatus None { get; } = new(BackupState.Idle, "", DateTime.MinValue, DateTime.MinValue, "", 0, 0, "", "");
}
