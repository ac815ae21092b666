using System.Buffers.Binary;
using System.IO.Compression;
using System.Security.Cryptography;

namespace OpcPortal.Server;

/// <summary>Writes a backup: blocks, compressed, then sealed. Memory holds a block and a chunk, whatever the size.</summary>
internal sealed class BackupWriter : IDisposable
{
    private readonly BackupKey _key;
    private readonly SealedHeader _header;
    private readonly SealingStream _sealing;
    private readonly BrotliStream _compressing;
    private readonly IncrementalHash _all = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly IncrementalHash _section = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly MemoryStream _block = new();
    private readonly BinaryWriter _fields;
    private readonly List<BackedUpTable> _tables = [];
    private readonly List<BackedUpFile> _files = [];
    private long _count;

    /// <param name="output">Stays its owner's.</param>
    public BackupWriter(Stream output, BackupKey key)
    {
        _key = key;
        _header = SealedHeader.New(key);
        _sealing = new SealingStream(output, key, _header);
        // The fastest: history lies compressed already, and the machine serves meanwhile.
        _compressing = new BrotliStream(_sealing, CompressionLevel.Fastest, leaveOpen: true);
        _fields = new BinaryWriter(_block, BackupRow.Encoding, leaveOpen: true);
    }

    public void BeginTable(string component, int version, string table, IReadOnlyList<string> columns)
    {
        _fields.Write(component);
        _fields.Write(version);
        _fields.Write(table);
        _fields.Write(columns.Count);
        foreach (var column in columns) _fields.Write(column);
        Flush(BackupBlockKind.Table);
        _count = 0;
    }

    public void Add(object?[] row)
    {
        BackupRow.Write(_fields, row);
        _count++;
        if (_block.Length >= BackupBlock.WrittenSize) FlushSection(BackupBlockKind.Rows);
    }

    public void EndTable(string component, int version, string table) => _tables.Add(new BackedUpTable(component, version, table, _count, EndSection(BackupBlockKind.Rows)));

    /// <summary>Adds a file as it is now: if it grows meanwhile, what comes later is not in it.</summary>
    public void AddFile(string folder, string path, Stream content)
    {
        _fields.Write(folder);
        _fields.Write(path);
        Flush(BackupBlockKind.File);
        var buffer = new byte[BackupBlock.WrittenSize];
        long bytes = 0;
        for (var left = content.Length; left > 0;)
        {
            var read = content.Read(buffer, 0, (int)Math.Min(left, buffer.Length));
            if (read == 0) break;
            _fields.Write(buffer, 0, read);
            FlushSection(BackupBlockKind.Bytes);
            bytes += read;
            left -= read;
        }

        _files.Add(new BackedUpFile(folder, path, bytes, EndSection(BackupBlockKind.Bytes)));
    }

    /// <summary>Writes the manifest: without it, what was written is no backup.</summary>
    public BackupManifest Complete(string server, DateTime takenAt)
    {
        var manifest = new BackupManifest { Server = server, TakenAt = takenAt, Tables = _tables, Files = _files, Hash = Convert.ToHexStringLower(_all.GetHashAndReset()) };
        var json = manifest.Write();
        _fields.Write(_key.Sign(_header.Salt, json));
        _fields.Write(json);
        Flush(BackupBlockKind.Manifest);
        _compressing.Dispose();
        _sealing.Complete();
        return manifest;
    }

    private string EndSection(BackupBlockKind rest)
    {
        if (_block.Length > 0) FlushSection(rest);
        var hash = _section.GetHashAndReset();
        _fields.Write(hash);
        Flush(BackupBlockKind.End);
        return Convert.ToHexStringLower(hash);
    }

    private void FlushSection(BackupBlockKind kind)
    {
        _fields.Flush();
        _section.AppendData(_block.GetBuffer(), 0, (int)_block.Length);
        Flush(kind);
    }

    private void Flush(BackupBlockKind kind)
    {
        _fields.Flush();
        Span<byte> head = stackalloc byte[BackupBlock.HeadSize];
        head[0] = (byte)kind;
        BinaryPrimitives.WriteInt32LittleEndian(head[1..], (int)_block.Length);
        var body = _block.GetBuffer().AsSpan(0, (int)_block.Length);
        _all.AppendData(head);
        _all.AppendData(body);
        _compressing.Write(head);
        _compressing.Write(body);
        _block.SetLength(0);
    }

    public void Dispose()
    {
        _compressing.Dispose();
        _sealing.Dispose();
        _fields.Dispose();
        _block.Dispose();
        _all.Dispose();
        _section.Dispose();
    }
}
