using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>The columns of a block as they are read.</summary>
internal sealed class BlockColumns(int count)
{
    private const int MaxUnit = 7;

    private readonly long[] _times = new long[count];
    private readonly long[] _servers = new long[count];
    private readonly long[] _values = new long[count];
    private long[]? _kinds;
    private long[]? _statuses;
    private long[]? _qualities;
    private long[]? _notes;
    private string?[]? _texts;

    public void Read(ref StoredBytesReader reader, bool hasKinds, bool hasStatuses, bool hasQualities, bool hasNotes)
    {
        var unit = reader.ReadByte();
        if (unit > MaxUnit) throw new StoredFormatException($"There is no unit {unit} of times.");
        IntegerColumn.Read(ref reader, _times);
        var ticks = (long)Math.Pow(10, unit);
        foreach (ref var time in _times.AsSpan()) time = (UInt128)time * (UInt128)ticks <= (UInt128)DateTime.MaxValue.Ticks ? time * ticks : throw new StoredFormatException("A time is beyond all times.");
        IntegerColumn.Read(ref reader, _servers);
        if (hasKinds) IntegerColumn.Read(ref reader, _kinds = new long[count]);
        ReadValues(ref reader);
        if (hasStatuses) IntegerColumn.Read(ref reader, _statuses = new long[count]);
        if (hasQualities) IntegerColumn.Read(ref reader, _qualities = new long[count]);
        if (hasNotes) IntegerColumn.Read(ref reader, _notes = new long[count]);
    }

    private void ReadValues(ref StoredBytesReader reader)
    {
        int reals = 0, others = 0, texts = 0;
        for (var i = 0; i < count; i++)
        {
            var kind = KindAt(i);
            if (kind is < PointValueKind.None or > PointValueKind.Text) throw new StoredFormatException($"There is no kind {kind} of values.");
            if (kind == PointValueKind.Real) reals++;
            else if (kind == PointValueKind.Text) texts++;
            else if (kind != PointValueKind.None) others++;
        }

        Span<long> column = new long[Math.Max(reals, others)];
        if (reals > 0) RealColumn.Read(ref reader, column[..reals]);
        Scatter(column, static kind => kind == PointValueKind.Real);
        if (others > 0) IntegerColumn.Read(ref reader, column[..others]);
        Scatter(column, static kind => kind is not (PointValueKind.Real or PointValueKind.Text or PointValueKind.None));
        if (texts > 0) ReadTexts(ref reader, texts);
    }

    private void Scatter(ReadOnlySpan<long> column, Func<PointValueKind, bool> isOf)
    {
        var at = 0;
        for (var i = 0; i < count; i++)
            if (isOf(KindAt(i))) _values[i] = column[at++];
    }

    private void ReadTexts(ref StoredBytesReader reader, int texts)
    {
        var known = new string[reader.ReadCount(1, Math.Min(texts, reader.Left))];
        foreach (ref var text in known.AsSpan()) text = reader.ReadText();
        Span<long> numbers = new long[texts];
        IntegerColumn.Read(ref reader, numbers);
        _texts = new string?[count];
        var at = 0;
        for (var i = 0; i < count; i++)
        {
            if (KindAt(i) != PointValueKind.Text) continue;
            var number = numbers[at++];
            _texts[i] = (ulong)number < (ulong)known.Length ? known[number] : throw new StoredFormatException($"There is no text {number}.");
        }
    }

    private PointValueKind KindAt(int index) => _kinds is null ? PointValueKind.Real : (ulong)_kinds[index] <= byte.MaxValue ? (PointValueKind)_kinds[index] : throw new StoredFormatException("There is no such kind of values.");

    public RawReading this[int index]
    {
        get
        {
            var kind = KindAt(index);
            var quality = _qualities?[index] ?? 0;
            var server = unchecked(_servers[index] + (_times[index] / TimeSpan.TicksPerMillisecond));
            if ((ulong)server > (ulong)(DateTime.MaxValue.Ticks / TimeSpan.TicksPerMillisecond)) throw new StoredFormatException("The server had it at no time.");
            return new RawReading(
                PointValue.Restore(kind, kind is PointValueKind.Text or PointValueKind.None ? 0 : _values[index], _texts?[index]), new DateTime(_times[index], DateTimeKind.Utc),
                new DateTime(server * TimeSpan.TicksPerMillisecond, DateTimeKind.Utc), (ReadingStatus)(uint)(_statuses?[index] ?? 0), new QualityCode((QualityOrigin)(byte)(quality >> 32), (ushort)(quality >> 16), (ushort)quality),
                NoteAt(index));
        }
    }

    private int NoteAt(int index) => _notes is null ? 0 : (ulong)_notes[index] <= NoteTable.MaxNotes ? (int)_notes[index] : throw new StoredFormatException($"There is no note {_notes[index]}.");
}
