using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using OpcPortal.Models;

namespace OpcPortal.Adapters;

/// <summary>
/// Readings of one adapter that wait on disk for the server, in the order in which they came, until they are delivered for good: files that are only added to and deleted. What was added survives
/// the end of the process, and after <see cref="Flush"/> that of the machine. Points go by their names, since numbers change with the configuration. Thread-safe.
/// </summary>
internal sealed class ReadingBacklog : IDisposable
{
    private const string Extension = ".backlog";

    /// <summary>Bytes that a reading takes at most beside its text: point, time, status, quality and value.</summary>
    private const int MaxReadingBytes = 48;

    private readonly Lock _lock = new();
    private readonly string _folder;
    private readonly BacklogNames _names;
    private readonly StoreAndForwardOptions _limits;
    private readonly FileStream _ownership;
    private readonly LinkedList<(long Number, long Bytes)> _files = [];
    private readonly BacklogPosition _position;
    private readonly ArrayBufferWriter<byte> _output = new();
    private BacklogTail? _tail;
    private BacklogHead? _head;
    private bool _isDisposed;

    /// <summary>Opens a folder with what is in it, or makes it.</summary>
    /// <exception cref="IOException">It cannot be used; another process may be using it.</exception>
    public ReadingBacklog(string folder, BacklogNames names, StoreAndForwardOptions limits)
    {
        _folder = folder;
        _names = names;
        _limits = limits;
        Directory.CreateDirectory(folder);
        _ownership = new FileStream(Path.Combine(folder, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        _position = new BacklogPosition(Path.Combine(folder, "delivered"));
        foreach (var file in new DirectoryInfo(folder).GetFiles("*" + Extension).OrderBy(file => file.Name, StringComparer.Ordinal))
        {
            if (!long.TryParse(Path.GetFileNameWithoutExtension(file.Name), NumberStyles.None, CultureInfo.InvariantCulture, out var number)) continue;
            _files.AddLast((number, file.Length));
            Bytes += file.Length;
        }
    }

    /// <summary>Bytes of its files: what is delivered of a file counts until all of it is.</summary>
    public long Bytes { get; private set; }

    /// <summary>Bytes that were damaged and so could not be delivered.</summary>
    public long Damaged { get; private set; }

    /// <summary>Readings of points that are no longer configured.</summary>
    public long Unknown { get; private set; }

    public bool IsEmpty
    {
        get
        {
            lock (_lock) return _files.Count == 0;
        }
    }

    /// <summary>Adds readings.</summary>
    /// <returns>False where they would take more than its bytes: then none was added.</returns>
    /// <exception cref="IOException">The disk does not take them: none was added.</exception>
    public bool TryAdd(ReadOnlySpan<Reading> readings)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (Bytes >= _limits.MaxBytes) return false;
            var tail = _tail ??= OpenTail();
            var known = tail.Known;
            Encode(tail, readings);
            if (Bytes + _output.WrittenCount > _limits.MaxBytes)
            {
                tail.Forget(known);
                return false;
            }

            Write(tail, known);
            return true;
        }
    }

    /// <summary>What was added survives the end of the machine.</summary>
    /// <exception cref="IOException">The disk does not take it.</exception>
    public void Flush()
    {
        lock (_lock) _tail?.Flush();
    }

    /// <summary>The oldest readings that are there, up to a number of them.</summary>
    /// <param name="readings">Gets them; stays empty where there are none. <see cref="Remove"/> removes just these.</param>
    /// <exception cref="IOException">They cannot be read.</exception>
    public void Peek(List<Reading> readings, int max)
    {
        lock (_lock)
        {
            readings.Clear();
            while (readings.Count == 0 && _files.First is { } first)
            {
                if (_tail?.Number == first.Value.Number) Seal();
                _head ??= new BacklogHead(first.Value.Number, File.ReadAllBytes(PathOf(first.Value.Number)), _position.Of(first.Value.Number), _names);
                Unknown += _head.Peek(readings, max);
                if (readings.Count == 0) Remove();
            }
        }
    }

    /// <summary>Removes what was peeked at last: it is delivered.</summary>
    /// <exception cref="IOException">It cannot be removed, and will be delivered again.</exception>
    public void Remove()
    {
        lock (_lock)
        {
            if (_head is null) return;
            _head.Advance();
            if (!_head.IsAtEnd)
            {
                _position.Save(_head.Number, _head.Position);
                return;
            }

            Damaged += _head.Damaged;
            File.Delete(PathOf(_head.Number));
            Bytes -= _files.First!.Value.Bytes;
            _files.RemoveFirst();
            _head = null;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_isDisposed) return;
            _isDisposed = true;
            Seal();
            _position.Dispose();
            _ownership.Dispose();
        }
    }

    private BacklogTail OpenTail()
    {
        var number = Math.Max(_files.Last?.Value.Number ?? 0, _position.LastNumber) + 1;
        var tail = new BacklogTail(number, PathOf(number));
        _files.AddLast((number, tail.Length));
        Bytes += tail.Length;
        return tail;
    }

    private void Encode(BacklogTail tail, ReadOnlySpan<Reading> readings)
    {
        _output.ResetWrittenCount();
        foreach (var reading in readings) tail.Introduce(_output, reading.Point, _names);
        while (!readings.IsEmpty)
        {
            var count = RecordOf(readings);
            tail.Encode(_output, readings[..count]);
            readings = readings[count..];
        }
    }

    private void Write(BacklogTail tail, int known)
    {
        try
        {
            tail.Write(_output.WrittenSpan);
        }
        catch (IOException)
        {
            tail.Forget(known);
            if (!tail.TryCutBack()) Seal();
            throw;
        }

        _files.Last!.Value = (tail.Number, tail.Length);
        Bytes += _output.WrittenCount;
        if (tail.Length >= _limits.SegmentBytes) Seal();
    }

    private void Seal()
    {
        _tail?.Dispose();
        _tail = null;
    }

    private string PathOf(long number) => Path.Combine(_folder, number.ToString("D12", CultureInfo.InvariantCulture) + Extension);

    private static int SizeOf(in Reading reading) => MaxReadingBytes + (3 * Math.Min(reading.Value.Text?.Length ?? 0, BacklogCodec.MaxText));

    // As many as a record may have, in number and in bytes.
    private static int RecordOf(ReadOnlySpan<Reading> readings)
    {
        var size = 0;
        for (var i = 0; i < readings.Length; i++)
        {
            size += SizeOf(readings[i]);
            if (i == BacklogCodec.MaxReadings || (i > 0 && size > BacklogCodec.MaxBody / 2)) return i;
        }

        return readings.Length;
    }
}

/// <summary>The names of an adapter's points, <c>portal/device/point</c>, and their numbers in this process.</summary>
internal sealed class BacklogNames
{
    private readonly Dictionary<int, string> _names = [];
    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);

    public BacklogNames(AdapterConfiguration configuration)
    {
        foreach (var device in configuration.Devices)
        {
            foreach (var point in device.Points)
            {
                var name = $"{configuration.Portal.Id}/{device.Id}/{point.Name}";
                _names[point.Number] = name;
                _numbers[name] = point.Number;
            }
        }
    }

    /// <summary>A point's name; of one that is not the adapter's, its bare number, which no configuration knows again.</summary>
    public string NameOf(int point) => _names.TryGetValue(point, out var name) ? name : string.Create(CultureInfo.InvariantCulture, $"#{point}");

    public int? NumberOf(string name) => _numbers.TryGetValue(name, out var number) ? number : null;
}
