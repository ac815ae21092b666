namespace OpcPortal.Server;

/// <summary>Files of a backup on their way into their folders: first into a folder where they wait, then all at once into their places.</summary>
internal sealed class RestoredFolders : IDisposable
{
    private readonly Dictionary<string, BackupFolder> _folders;
    private readonly bool _replace;
    private readonly List<(BackupFolder Folder, string Path)> _files = [];
    private FileStream? _file;

    /// <param name="replace">Whether a folder that is kept whole may have files.</param>
    public RestoredFolders(IReadOnlyList<BackupFolder> folders, bool replace)
    {
        _folders = folders.ToDictionary(folder => folder.Name, StringComparer.Ordinal);
        _replace = replace;
        foreach (var folder in folders)
        {
            if (!replace && folder.IsWhole && folder.Files().Any()) throw new StorageException($"The folder {folder.Path} is not empty.");
            // Of a restore that did not end.
            Remove(folder);
        }
    }

    /// <exception cref="BackupException">The file belongs into no folder of this server, or its path leads out of it.</exception>
    public void Begin(string name, string path)
    {
        if (!_folders.TryGetValue(name, out var folder)) throw new BackupException($"The backup has files of the folder {name}, which this server does not have: set it in the configuration.");
        // Attack class 22: a name, never a way to somewhere else. What the folder would not give, it does not get.
        if (path.Split('/').Any(part => part.Length == 0 || part is "." or ".." || part.AsSpan().ContainsAny('\\', ':', '\0')) || !folder.IsTaken || !folder.Includes(path))
            throw new BackupException($"The backup has a file {path}, which does not belong into the folder {name}.");
        _files.Add((folder, path));
        var target = Path.Combine(folder.Waiting, path);
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None };
        // Private keys may be among them.
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        _file = new FileStream(target, options);
    }

    public void Add(ReadOnlySpan<byte> bytes) => _file!.Write(bytes);

    public void End()
    {
        _file!.Flush(flushToDisk: true);
        _file.Dispose();
        _file = null;
    }

    /// <summary>Puts all into their places.</summary>
    public void Place()
    {
        foreach (var folder in _folders.Values.Where(folder => folder.IsWhole && _replace))
            foreach (var old in folder.Files().Where(path => !folder.OnlyGrows(path)).ToArray()) File.Delete(folder.PlaceOf(old));
        foreach (var (folder, path) in _files)
        {
            var target = folder.PlaceOf(path);
            if (folder.OnlyGrows(path) && new FileInfo(target) is { Exists: true } present && present.Length >= new FileInfo(Path.Combine(folder.Waiting, path)).Length) continue;
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Move(Path.Combine(folder.Waiting, path), target, overwrite: true);
        }
    }

    public void Dispose()
    {
        _file?.Dispose();
        foreach (var folder in _folders.Values) Remove(folder);
    }

    private static void Remove(BackupFolder folder)
    {
        if (Directory.Exists(folder.Waiting)) Directory.Delete(folder.Waiting, recursive: true);
    }
}
