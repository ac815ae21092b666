using System.Globalization;
using System.Text;

namespace OpcPortal.Adapters;

/// <summary>
/// Cursors in a file: each move is a line added, the last of a source counts, and a file that has grown is written anew. A line that a crash has cut is passed over: what its cursor had passed is
/// delivered again. Thread-safe.
/// </summary>
internal sealed class CursorFile : IDeliveryCursors, IDisposable
{
    /// <summary>Lines that the file may have beside four for each source: until then it is only added to.</summary>
    private const int Spare = 1000;

    private readonly Lock _lock = new();
    private readonly string _path;
    private readonly Dictionary<string, DeliveryCursor> _cursors = new(StringComparer.Ordinal);
    private FileStream _stream;
    private int _lines;

    /// <exception cref="IOException">It cannot be used.</exception>
    public CursorFile(string path)
    {
        _path = path;
        if (File.Exists(path))
        {
            foreach (var line in File.ReadLines(path)) Read(line);
        }

        _stream = Rewrite();
    }

    /// <inheritdoc/>
    public DeliveryCursor? Find(string source)
    {
        lock (_lock) return _cursors.TryGetValue(source, out var cursor) ? cursor : null;
    }

    /// <inheritdoc/>
    public void Move(string source, DeliveryCursor cursor)
    {
        lock (_lock)
        {
            _stream.Write(Encoding.UTF8.GetBytes(Line(source, cursor)));
            _cursors[source] = cursor;
            if (++_lines <= Spare + (4 * _cursors.Count)) return;
            _stream.Dispose();
            _stream = Rewrite();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock) _stream.Dispose();
    }

    // In one step, so that a crash leaves the old file or the new one.
    private FileStream Rewrite()
    {
        var next = _path + ".next";
        using (var writer = new StreamWriter(next, append: false, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)))
        {
            foreach (var (source, cursor) in _cursors) writer.Write(Line(source, cursor));
        }

        File.Move(next, _path, overwrite: true);
        _lines = _cursors.Count;
        return new FileStream(_path, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);
    }

    private static string Line(string source, DeliveryCursor cursor)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"{cursor.Time:O} {cursor.Index} {source}");
        return string.Create(CultureInfo.InvariantCulture, $"{BacklogCodec.Checksum(Encoding.UTF8.GetBytes(text)):x8} {text}\n");
    }

    private void Read(string line)
    {
        var parts = line.Split(' ', 4);
        if (parts.Length != 4 || !uint.TryParse(parts[0], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var checksum)) return;
        if (checksum != BacklogCodec.Checksum(Encoding.UTF8.GetBytes(line[(parts[0].Length + 1)..]))) return;
        if (!DateTime.TryParseExact(parts[1], "O", CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out var time)) return;
        if (int.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out var index)) _cursors[parts[3]] = new DeliveryCursor(time, index);
    }
}
