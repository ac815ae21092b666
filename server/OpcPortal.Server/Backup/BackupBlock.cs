namespace OpcPortal.Server;

/// <summary>What a block of a backup is.</summary>
internal enum BackupBlockKind : byte
{
    /// <summary>Begins a table: its part, the part's version, its name, its columns.</summary>
    Table = 1,

    /// <summary>Rows of the table that was begun.</summary>
    Rows = 2,

    /// <summary>Begins a file: its folder and path.</summary>
    File = 3,

    /// <summary>Bytes of the file that was begun.</summary>
    Bytes = 4,

    /// <summary>Ends a table or file: SHA-256 of what it holds.</summary>
    End = 5,

    /// <summary>The last block: the manifest and its signature.</summary>
    Manifest = 6,
}

/// <summary>The form of blocks: the kind, the length of what follows as four bytes, little endian, and that.</summary>
internal static class BackupBlock
{
    public const int HeadSize = 5;

    /// <summary>A block is written when it is so long; a row that is longer has one of its own.</summary>
    public const int WrittenSize = 64 * 1024;

    /// <summary>A block that says to be longer is not read: the longest row is a document of evidence or a compressed stretch of readings, far shorter.</summary>
    public const int MaxSize = 64 << 20;
}
