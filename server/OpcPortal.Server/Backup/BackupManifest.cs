using System.Text.Json;

namespace OpcPortal.Server;

/// <summary>What is in a backup: its last block, signed with the backup's key.</summary>
public sealed record BackupManifest
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web);

    /// <summary>When the state was that it holds, UTC.</summary>
    public required DateTime TakenAt { get; init; }

    /// <summary>The application URI of the server.</summary>
    public required string Server { get; init; }

    public required IReadOnlyList<BackedUpTable> Tables { get; init; }
    public required IReadOnlyList<BackedUpFile> Files { get; init; }

    /// <summary>SHA-256 over all that comes before the manifest, hexadecimal.</summary>
    public required string Hash { get; init; }

    /// <summary>Rows of all tables.</summary>
    public long Rows => Tables.Sum(table => table.Rows);

    internal byte[] Write() => JsonSerializer.SerializeToUtf8Bytes(this, Options);

    internal static BackupManifest? Read(ReadOnlySpan<byte> json) => JsonSerializer.Deserialize<BackupManifest>(json, Options);
}

/// <summary>A table of a backup.</summary>
/// <param name="Component">The part of the server.</param>
/// <param name="Version">Of the part's tables.</param>
/// <param name="Hash">SHA-256 over its rows in their order, hexadecimal.</param>
public sealed record BackedUpTable(string Component, int Version, string Name, long Rows, string Hash);

/// <summary>A file of a backup.</summary>
/// <param name="Folder">The name of the folder that it belongs to, such as <c>pki</c>.</param>
/// <param name="Path">Within the folder, with slashes.</param>
/// <param name="Hash">SHA-256, hexadecimal.</param>
public sealed record BackedUpFile(string Folder, string Path, long Bytes, string Hash);
