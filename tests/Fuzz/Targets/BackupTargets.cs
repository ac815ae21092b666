using System.IO.Compression;
using OpcPortal.Server;

namespace OpcPortal.Fuzz.Targets;

/// <summary>What is in a backup, sealed as who has the key could: a backup that was made to harm is refused like one that was damaged.</summary>
internal static class BackupTargets
{
    public static IReadOnlyList<IFuzzTarget> All { get; } =
    [
        // A column of one byte becomes a boxed number in a row; a chunk, a block and the compressor's window are there whatever comes.
        new FuzzTarget<BackupException>("backup-blocks", Blocks, static () => [Table(), File()]) { BytesPerInputByte = 256, FixedBytes = 4 << 20 },
    ];

    private static bool Blocks(byte[] input)
    {
        using var key = BackupKey.TryParse(Convert.ToBase64String(new byte[BackupKey.Size]), out var made) ? made : throw new FuzzException("The key is none.");
        using var file = new MemoryStream();
        using (var sealing = new SealingStream(file, key, SealedHeader.New(key)))
        {
            using (var compressing = new BrotliStream(sealing, CompressionLevel.Fastest, leaveOpen: true)) compressing.Write(input);
            sealing.Complete();
        }

        file.Position = 0;
        using var reader = new BackupReader(file, key);
        try
        {
            reader.ReadAsync(new Counting(), CancellationToken.None).GetAwaiter().GetResult();
        }
        catch (BackupException ended) when (ended.InnerException is EndOfStreamException)
        {
            // All blocks were read; a manifest, which says what they are, cannot be made by mutation.
        }

        return true;
    }

    private static byte[] Table()
    {
        using var blocks = new MemoryStream();
        Add(blocks, BackupBlockKind.Table, fields =>
        {
            fields.Write("records");
            fields.Write(1);
            fields.Write("records");
            fields.Write(2);
            fields.Write("id");
            fields.Write("body");
        });
        Add(blocks, BackupBlockKind.Rows, fields => BackupRow.Write(fields, ["a", 5L]));
        return blocks.ToArray();
    }

    private static byte[] File()
    {
        using var blocks = new MemoryStream();
        Add(blocks, BackupBlockKind.File, fields =>
        {
            fields.Write("pki");
            fields.Write("trusted/certs/a.der");
        });
        Add(blocks, BackupBlockKind.Bytes, fields => fields.Write("certificate"));
        return blocks.ToArray();
    }

    private static void Add(Stream blocks, BackupBlockKind kind, Action<BinaryWriter> write)
    {
        using var body = new MemoryStream();
        using (var fields = new BinaryWriter(body, BackupRow.Encoding, leaveOpen: true)) write(fields);
        blocks.WriteByte((byte)kind);
        blocks.Write(BitConverter.GetBytes((int)body.Length));
        body.WriteTo(blocks);
    }

    private sealed class Counting : IBackupContent
    {
        public ValueTask BeginTableAsync(string component, int version, string table, IReadOnlyList<string> columns) => ValueTask.CompletedTask;
        public ValueTask AddAsync(IReadOnlyList<object?[]> rows) => ValueTask.CompletedTask;
        public ValueTask EndTableAsync() => ValueTask.CompletedTask;
        public ValueTask BeginFileAsync(string folder, string path) => ValueTask.CompletedTask;
        public ValueTask AddAsync(ReadOnlyMemory<byte> bytes) => ValueTask.CompletedTask;
        public ValueTask EndFileAsync() => ValueTask.CompletedTask;
    }
}
