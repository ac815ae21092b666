namespace OpcPortal.Server.Tests;

/// <summary>A disk that is full when the test says so.</summary>
internal sealed class TestDisk
{
    public bool IsFull { get; set; }
}

/// <summary>A file on it.</summary>
internal sealed class FileOnTestDisk(TestDisk disk, IJournalFile file) : IJournalFile
{
    public void Write(ReadOnlySpan<byte> bytes, long at)
    {
        // Some of it is written before the disk refuses.
        file.Write(disk.IsFull ? bytes[..(bytes.Length / 2)] : bytes, at);
        if (disk.IsFull) throw new IOException("No space left on device");
    }

    public void Sync() => file.Sync();
    public void Dispose() => file.Dispose();
}
