namespace OpcPortal.Server;

/// <summary>A folder whose files belong to a backup.</summary>
/// <param name="Name">In the backup, such as <c>pki</c>: where it lies may differ from server to server.</param>
/// <param name="Path">Where it lies on this machine.</param>
/// <param name="Includes">Whether a file belongs to it, by its path within the folder, with slashes.</param>
/// <param name="IsWhole">A restore replaces the folder; else it adds and replaces files, and leaves others.</param>
public sealed record BackupFolder(string Name, string Path, Func<string, bool> Includes, bool IsWhole)
{
    private const string WaitingPrefix = ".restoring-";

    // The path of a single file in a backup: its name may differ from server to server.
    private const string SingleFile = "file";

    /// <summary>The name of the only file; null: there may be many.</summary>
    private string? OnlyFile { get; init; }

    /// <summary>
    /// Of files that are only added to and deleted when they have served: one on this machine that is longer than that of a backup has all of it, and one that the backup does not have is newer. A restore
    /// leaves both.
    /// </summary>
    public Func<string, bool> OnlyGrows { get; init; } = static _ => false;

    /// <summary>Whether its files go into backups; else a restore only sees to it that there are none.</summary>
    internal bool IsTaken { get; private init; } = true;

    /// <summary>A folder that goes with a database and is empty after a restore: what lies in it belongs to what was there before.</summary>
    public static BackupFolder Emptied(string name, string path, Func<string, bool> includes) => new(name, path, includes, IsWhole: true) { IsTaken = false };

    /// <summary>One file of a folder.</summary>
    public static BackupFolder OfFile(string name, string file) =>
        new(name, System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(file))!, path => path == SingleFile, IsWhole: false) { OnlyFile = System.IO.Path.GetFileName(file) };

    /// <summary>
    /// Certificates and revocation lists. The server's own certificate goes along with its private key alone: a server that is restored elsewhere has its own. What was rejected is nobody's.
    /// </summary>
    public static BackupFolder OfCertificates(string name, string folder, bool withPrivateKeys) => new(
        name, folder, path => path.Split('/') is var parts && !parts.Contains("rejected") && (withPrivateKeys || !parts.Contains("own")), IsWhole: false);

    /// <summary>Where files of a restore wait: on the disk of the folder, so that each takes its place in one step.</summary>
    internal string Waiting => System.IO.Path.Combine(Path, WaitingPrefix + Name);

    /// <summary>Where a file of it lies on this machine.</summary>
    internal string PlaceOf(string path) => System.IO.Path.Combine(Path, OnlyFile ?? path);

    /// <summary>The paths of its files, in a fixed order.</summary>
    internal IEnumerable<string> Files()
    {
        if (OnlyFile is not null) return File.Exists(PlaceOf(SingleFile)) ? [SingleFile] : [];
        if (!Directory.Exists(Path)) return [];
        return Directory.EnumerateFiles(Path, "*", SearchOption.AllDirectories).Select(file => System.IO.Path.GetRelativePath(Path, file).Replace('\\', '/'))
            .Where(path => !path.StartsWith(WaitingPrefix, StringComparison.Ordinal) && Includes(path)).Order(StringComparer.Ordinal);
    }
}
