using System.Buffers;
using System.Buffers.Binary;
using OpcPortal.Models;

namespace OpcPortal.Adapters;

/// <summary>The file of a backlog that is added to.</summary>
internal sealed class BacklogTail : IDisposable
{
    private readonly FileStream _stream;
    private readonly Dictionary<int, int> _numbers = [];
    private readonly List<int> _order = [];
    private readonly int[] _scratch = new int[BacklogCodec.MaxReadings];

    /// <exception cref="IOException">It cannot be made.</exception>
    public BacklogTail(long number, string path)
    {
        Number = number;
        // No buffer: what was written is the system's, and survives the end of the process.
        _stream = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 0);
        try
        {
            Write(BacklogCodec.Magic);
        }
        catch
        {
            _stream.Dispose();
            File.Delete(path);
            throw;
        }
    }

    public long Number { get; }

    public long Length { get; private set; }

    /// <summary>Points that have a number in the file.</summary>
    public int Known => _order.Count;

    /// <summary>Gives a point a number in the file, where it has none.</summary>
    public void Introduce(ArrayBufferWriter<byte> output, int point, BacklogNames names)
    {
        if (!_numbers.TryAdd(point, _order.Count)) return;
        BacklogCodec.WriteName(output, _order.Count, names.NameOf(point));
        _order.Add(point);
    }

    /// <summary>Takes numbers back that were given since, but not written.</summary>
    public void Forget(int known)
    {
        foreach (var point in _order.Skip(known)) _numbers.Remove(point);
        _order.RemoveRange(known, _order.Count - known);
    }

    /// <summary>Makes a record of readings whose points have their numbers.</summary>
    public void Encode(ArrayBufferWriter<byte> output, ReadOnlySpan<Reading> readings)
    {
        for (var i = 0; i < readings.Length; i++) _scratch[i] = _numbers[readings[i].Point];
        BacklogCodec.WriteReadings(output, readings, _scratch.AsSpan(0, readings.Length));
    }

    /// <exception cref="IOException">The disk does not take it.</exception>
    public void Write(ReadOnlySpan<byte> records)
    {
        _stream.Write(records);
        Length += records.Length;
    }

    /// <summary>Removes what of a write has arrived that failed.</summary>
    public bool TryCutBack()
    {
        try
        {
            _stream.SetLength(Length);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <exception cref="IOException">The disk does not take it.</exception>
    public void Flush() => _stream.Flush(flushToDisk: true);

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();
}

/// <summary>The file of a backlog that is delivered: a whole one, read at once.</summary>
internal sealed class BacklogHead
{
    private readonly byte[] _bytes;
    private readonly BacklogNames _known;
    private readonly List<string> _names = [];
    private readonly List<int?> _numbers = [];
    private readonly List<Reading> _record = [];
    private readonly List<Reading> _peeked = [];
    private int _next;

    /// <param name="delivered">Bytes of it that were delivered before.</param>
    /// <param name="known">The names of the points and their numbers now.</param>
    public BacklogHead(long number, byte[] bytes, long delivered, BacklogNames known)
    {
        Number = number;
        _bytes = bytes;
        _known = known;
        _next = BacklogCodec.Magic.Length;
        // Shorter than its begin: the process was killed as it made the file.
        if (bytes.Length < _next) _next = bytes.Length;
        else if (!bytes.AsSpan().StartsWith(BacklogCodec.Magic)) Skip();
        // Names are read again whatever was delivered.
        while (_next < delivered && TryReadRecord())
        {
        }

        Position = _next;
    }

    public long Number { get; }

    /// <summary>Bytes that are delivered.</summary>
    public long Position { get; private set; }

    /// <summary>Bytes that could not be read.</summary>
    public long Damaged { get; private set; }

    public bool IsAtEnd => Position >= _bytes.Length;

    /// <summary>Reads on, whole records, until there are so many readings or more; what was not advanced over is given again.</summary>
    /// <returns>Readings of points that are no longer known, which are passed over.</returns>
    public int Peek(List<Reading> readings, int max)
    {
        var unknown = 0;
        while (_peeked.Count < max && TryReadRecord()) unknown += Translate();
        readings.AddRange(_peeked);
        return unknown;
    }

    /// <summary>What was peeked at is delivered.</summary>
    public void Advance()
    {
        Position = _next;
        _peeked.Clear();
    }

    private int Translate()
    {
        var unknown = 0;
        for (var i = _numbers.Count; i < _names.Count; i++) _numbers.Add(_known.NumberOf(_names[i]));
        foreach (var reading in _record)
        {
            if (_numbers[reading.Point] is { } number) _peeked.Add(reading with { Point = number });
            else unknown++;
        }

        return unknown;
    }

    /// <returns>False at the end.</returns>
    private bool TryReadRecord()
    {
        _record.Clear();
        if (_next >= _bytes.Length) return false;
        try
        {
            if (BacklogCodec.TryRead(_bytes.AsSpan(_next), out var body))
            {
                BacklogCodec.ReadBody(body, _names, _record);
                _next += BacklogCodec.RecordHeader + body.Length;
                return true;
            }

            // Cut in the midst of a write: nobody was told that it is kept.
            _next = _bytes.Length;
        }
        catch (BacklogFormatException)
        {
            Skip();
        }

        return false;
    }

    private void Skip()
    {
        Damaged += _bytes.Length - _next;
        _record.Clear();
        _next = _bytes.Length;
    }
}

/// <summary>How far the first file of a backlog is delivered: 20 bytes, written in place. Where they are torn, the file is delivered again from its begin.</summary>
internal sealed class BacklogPosition : IDisposable
{
    private const int Size = 20;

    private readonly Microsoft.Win32.SafeHandles.SafeFileHandle _file;
    private readonly long _number;
    private readonly long _position;

    /// <exception cref="IOException">It cannot be used.</exception>
    public BacklogPosition(string path)
    {
        _file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite);
        Span<byte> bytes = stackalloc byte[Size];
        if (RandomAccess.Read(_file, bytes, 0) != Size || BinaryPrimitives.ReadUInt32LittleEndian(bytes[16..]) != BacklogCodec.Checksum(bytes[..16])) return;
        LastNumber = _number = BinaryPrimitives.ReadInt64LittleEndian(bytes);
        _position = BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]);
    }

    /// <summary>The number of the file that was delivered last: numbers are not given twice.</summary>
    public long LastNumber { get; private set; }

    /// <summary>Bytes of a file that were delivered before the process began.</summary>
    public long Of(long number) => number == _number ? _position : 0;

    /// <exception cref="IOException">The disk does not take it.</exception>
    public void Save(long number, long position)
    {
        Span<byte> bytes = stackalloc byte[Size];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, number);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[8..], position);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[16..], BacklogCodec.Checksum(bytes[..16]));
        RandomAccess.Write(_file, bytes, 0);
        LastNumber = number;
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
