using System.Buffers.Binary;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;

namespace OpcPortal.Server;

/// <summary>Gets what a <see cref="BackupReader"/> finds, in its order.</summary>
internal interface IBackupContent
{
    ValueTask BeginTableAsync(string component, int version, string table, IReadOnlyList<string> columns);

    ValueTask AddAsync(IReadOnlyList<object?[]> rows);

    ValueTask EndTableAsync();

    ValueTask BeginFileAsync(string folder, string path);

    ValueTask AddAsync(ReadOnlyMemory<byte> bytes);

    ValueTask EndFileAsync();
}

/// <summary>Reads a backup, and tells when anything in it is not what was written. A block is checked before it is given, all of them when the manifest has been reached.</summary>
internal sealed class BackupReader : IDisposable
{
    // Of a table: what is more was not written by a server.
    private const int MaxColumns = 100;

    private readonly BackupKey _key;
    private readonly SealedHeader _header;
    private readonly UnsealingStream _unsealing;
    private readonly BrotliStream _blocks;
    private readonly IncrementalHash _all = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly IncrementalHash _section = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly List<BackedUpTable> _tables = [];
    private readonly List<BackedUpFile> _files = [];
    private BackedUpTable? _table;
    private BackedUpFile? _file;
    private int _columns;

    /// <exception cref="BackupException">It is no backup, or of another key.</exception>
    public BackupReader(Stream input, BackupKey key)
    {
        _key = key;
        _header = SealedHeader.Read(input, key);
        _unsealing = new UnsealingStream(input, key, _header);
        _blocks = new BrotliStream(_unsealing, CompressionMode.Decompress, leaveOpen: true);
    }

    /// <exception cref="BackupException">It is not whole.</exception>
    public async Task<BackupManifest> ReadAsync(IBackupContent content, CancellationToken cancellation)
    {
        try
        {
            while (true)
            {
                cancellation.ThrowIfCancellationRequested();
                var (kind, body) = ReadBlock();
                if (kind == BackupBlockKind.Manifest) return Check(body);
                await TakeAsync(kind, body, content).ConfigureAwait(false);
            }
        }
        catch (Exception malformed) when (malformed is InvalidDataException or EndOfStreamException or FormatException or ArgumentException or JsonException or IndexOutOfRangeException)
        {
            throw new BackupException($"The backup is not of the form that it says: {malformed.Message}", malformed);
        }
    }

    private (BackupBlockKind Kind, byte[] Body) ReadBlock()
    {
        var head = ReadExactly(BackupBlock.HeadSize);
        var length = BinaryPrimitives.ReadInt32LittleEndian(head.AsSpan(1));
        if (length is < 0 or > BackupBlock.MaxSize) throw new BackupException($"The backup has a block of {length} bytes.");
        var body = ReadExactly(length);
        var kind = (BackupBlockKind)head[0];
        if (kind == BackupBlockKind.Manifest) return (kind, body);
        _all.AppendData(head);
        _all.AppendData(body);
        return (kind, body);
    }

    // A block that says to be long gets memory as its bytes come.
    private byte[] ReadExactly(int length)
    {
        var read = new byte[Math.Min(length, 2 * BackupBlock.WrittenSize)];
        for (var filled = 0; ;)
        {
            try
            {
                _blocks.ReadExactly(read, filled, read.Length - filled);
            }
            catch (InvalidOperationException malformed)
            {
                throw new BackupException("The backup is not compressed as it should be.", malformed);
            }

            if (read.Length == length) return read;
            filled = read.Length;
            Array.Resize(ref read, (int)Math.Min(length, 2L * read.Length));
        }
    }

    private async ValueTask TakeAsync(BackupBlockKind kind, byte[] body, IBackupContent content)
    {
        using var fields = new BinaryReader(new MemoryStream(body), BackupRow.Encoding);
        switch (kind)
        {
            case BackupBlockKind.Table when _table is null && _file is null:
                await BeginTableAsync(fields, content).ConfigureAwait(false);
                break;
            case BackupBlockKind.Rows when _table is not null:
                _section.AppendData(body);
                await content.AddAsync(ReadRows(fields, body.Length)).ConfigureAwait(false);
                break;
            case BackupBlockKind.File when _table is null && _file is null:
                _file = new BackedUpFile(BackupRow.ReadText(fields), BackupRow.ReadText(fields), 0, "");
                await content.BeginFileAsync(_file.Folder, _file.Path).ConfigureAwait(false);
                break;
            case BackupBlockKind.Bytes when _file is not null:
                _section.AppendData(body);
                _file = _file with { Bytes = _file.Bytes + body.Length };
                await content.AddAsync(body).ConfigureAwait(false);
                break;
            case BackupBlockKind.End when _table is not null || _file is not null:
                await EndAsync(body, content).ConfigureAwait(false);
                break;
            default: throw new BackupException($"The backup has a block of kind {(int)kind} where none belongs.");
        }
    }

    private ValueTask BeginTableAsync(BinaryReader fields, IBackupContent content)
    {
        _table = new BackedUpTable(BackupRow.ReadText(fields), fields.ReadInt32(), BackupRow.ReadText(fields), 0, "");
        _columns = fields.ReadInt32();
        if (_columns is < 1 or > MaxColumns) throw new BackupException($"The backup has a table of {_columns} columns.");
        var columns = new string[_columns];
        for (var i = 0; i < columns.Length; i++) columns[i] = BackupRow.ReadText(fields);
        return content.BeginTableAsync(_table.Component, _table.Version, _table.Name, columns);
    }

    private List<object?[]> ReadRows(BinaryReader fields, int length)
    {
        var rows = new List<object?[]>();
        while (fields.BaseStream.Position < length) rows.Add(BackupRow.Read(fields, _columns));
        _table = _table! with { Rows = _table.Rows + rows.Count };
        return rows;
    }

    private async ValueTask EndAsync(byte[] written, IBackupContent content)
    {
        var hash = Convert.ToHexStringLower(_section.GetHashAndReset());
        if (hash != Convert.ToHexStringLower(written)) throw new BackupException($"What the backup holds of {_table?.Name ?? _file!.Path} is not what was written.");
        if (_table is { } table)
        {
            _tables.Add(table with { Hash = hash });
            _table = null;
            await content.EndTableAsync().ConfigureAwait(false);
            return;
        }

        _files.Add(_file! with { Hash = hash });
        _file = null;
        await content.EndFileAsync().ConfigureAwait(false);
    }

    // Chunks are authentic each for itself; that they are all, in full, is said here once more by whoever wrote them.
    private BackupManifest Check(byte[] body)
    {
        if (body.Length < SHA256.HashSizeInBytes) throw new BackupException("The backup has no signature.");
        var signature = body.AsSpan(0, SHA256.HashSizeInBytes);
        var json = body.AsSpan(SHA256.HashSizeInBytes);
        if (!CryptographicOperations.FixedTimeEquals(signature, _key.Sign(_header.Salt, json))) throw new BackupException("The signature of the backup's manifest is not of its key.");
        var manifest = BackupManifest.Read(json) ?? throw new BackupException("The backup has no manifest.");
        var all = Convert.ToHexStringLower(_all.GetHashAndReset());
        if (manifest.Hash != all) throw new BackupException($"The content of the backup has the hash {all}, and its manifest says {manifest.Hash}.");
        if (!manifest.Tables.SequenceEqual(_tables) || !manifest.Files.SequenceEqual(_files)) throw new BackupException("The tables and files of the backup are not those of its manifest.");
        if (_blocks.ReadByte() >= 0 || _unsealing.ReadByte() >= 0) throw new BackupException("The backup goes on behind its manifest.");
        return manifest;
    }

    public void Dispose()
    {
        _blocks.Dispose();
        _unsealing.Dispose();
        _all.Dispose();
        _section.Dispose();
    }
}
