using Microsoft.Win32.SafeHandles;

namespace OpcPortal.Server;

/// <summary>A file that is written at its end. Tests have ones that fail.</summary>
internal interface IJournalFile : IDisposable
{
    /// <exception cref="IOException">It cannot be written.</exception>
    void Write(ReadOnlySpan<byte> bytes, long at);

    /// <summary>Forces what was written to the disk.</summary>
    void Sync();
}

/// <summary>Makes the files of a journal.</summary>
internal delegate IJournalFile JournalFileFactory(string path);

/// <summary>A file of the file system: what was written survives the end of the process, what was synced that of the machine.</summary>
internal sealed class JournalFile(string path) : IJournalFile
{
    private readonly SafeFileHandle _handle = File.OpenHandle(path, FileMode.Create, FileAccess.Write, FileShare.Read);

    public void Write(ReadOnlySpan<byte> bytes, long at) => RandomAccess.Write(_handle, bytes, at);

    public void Sync() => RandomAccess.FlushToDisk(_handle);

    public void Dispose() => _handle.Dispose();
}
