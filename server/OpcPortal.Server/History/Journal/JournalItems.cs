using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>A series and what it is called.</summary>
internal readonly record struct NamedSeries(long Id, byte DataClass, string Name);

/// <summary>A note and its number.</summary>
internal readonly record struct NumberedNote(int Number, QualityNote Note);

/// <summary>Takes what a journal holds, in the order in which it was written.</summary>
internal interface IJournalVisitor
{
    /// <summary>Whether readings are wanted: to look over them is quick.</summary>
    bool WantsReadings { get; }

    void Visit(NamedSeries name);
    void Visit(NumberedNote note);

    /// <param name="readings">Their points have no numbers.</param>
    /// <param name="serverTicks">When they came in.</param>
    void Visit(ReadOnlySpan<KeptReading> readings, long serverTicks);

    void Visit(StoredRevision revision);
    void Visit(StoredAnnotation annotation);
}

/// <summary>The items of a frame of the journal as bytes.</summary>
internal static class JournalItems
{
    private const byte Readings = 1;
    private const byte Name = 2;
    private const byte Note = 3;
    private const byte Revision = 4;
    private const byte Annotation = 5;

    // What a reading mostly is not.
    private const byte HasStatus = 0x10;
    private const byte HasQuality = 0x20;
    private const byte HasNote = 0x40;
    private const byte KindBits = 0x0F;

    public static void Write(StoredBytesWriter writer, in NamedSeries name)
    {
        writer.WriteByte(Name);
        writer.WriteInt64(name.Id);
        writer.WriteByte(name.DataClass);
        writer.WriteText(name.Name);
    }

    public static void Write(StoredBytesWriter writer, in NumberedNote note)
    {
        writer.WriteByte(Note);
        writer.WriteUnsigned((ulong)note.Number);
        WriteNote(writer, note.Note);
    }

    public static void Write(StoredBytesWriter writer, ReadOnlySpan<KeptReading> readings, long serverTicks)
    {
        writer.WriteByte(Readings);
        var start = writer.Length;
        writer.WriteInt32(0);
        writer.WriteInt64(serverTicks);
        writer.WriteUnsigned((ulong)readings.Length);
        foreach (ref readonly var kept in readings) WriteReading(writer, kept, serverTicks);
        writer.PatchInt32(start, writer.Length - start - sizeof(int));
    }

    private static void WriteReading(StoredBytesWriter writer, in KeptReading kept, long serverTicks)
    {
        var reading = kept.Reading;
        var form = (byte)reading.Value.Kind;
        if (reading.Status != ReadingStatus.Good) form |= HasStatus;
        if (reading.Quality != default) form |= HasQuality;
        if (kept.Note != 0) form |= HasNote;
        writer.WriteInt64(kept.Series);
        writer.WriteByte(kept.DataClass);
        writer.WriteByte(form);
        writer.WriteSigned(reading.SourceTime.Ticks - serverTicks);
        WriteValue(writer, reading.Value);
        if ((form & HasStatus) != 0) writer.WriteInt32((int)reading.Status);
        if ((form & HasQuality) != 0) WriteCode(writer, reading.Quality);
        if ((form & HasNote) != 0) writer.WriteUnsigned((ulong)kept.Note);
    }

    private static void WriteValue(StoredBytesWriter writer, in PointValue value)
    {
        if (value.Kind == PointValueKind.Real) writer.WriteInt64(value.Bits);
        else if (value.Kind == PointValueKind.Text) writer.WriteText(value.Text ?? "");
        else if (value.Kind != PointValueKind.None) writer.WriteSigned(value.Bits);
    }

    public static void Write(StoredBytesWriter writer, StoredRevision stored)
    {
        var revision = stored.Revision;
        writer.WriteByte(Revision);
        WriteHead(writer, stored.Series, stored.DataClass, stored.Sequence, revision.SourceTime, revision.At);
        writer.WriteByte((byte)revision.Kind);
        WriteNote(writer, revision.Note);
        writer.WriteByte((byte)revision.Value.Kind);
        WriteValue(writer, revision.Value);
        writer.WriteInt32((int)revision.Status);
    }

    public static void Write(StoredBytesWriter writer, StoredAnnotation stored)
    {
        var annotation = stored.Annotation;
        writer.WriteByte(Annotation);
        WriteHead(writer, stored.Series, stored.DataClass, stored.Sequence, annotation.SourceTime, annotation.At);
        WriteAuthor(writer, annotation.Author);
        writer.WriteText(annotation.Text);
    }

    private static void WriteHead(StoredBytesWriter writer, long series, byte dataClass, long sequence, DateTime sourceTime, DateTime at)
    {
        writer.WriteInt64(series);
        writer.WriteByte(dataClass);
        writer.WriteUnsigned((ulong)sequence);
        writer.WriteInt64(sourceTime.Ticks);
        writer.WriteInt64(at.Ticks);
    }

    private static void WriteNote(StoredBytesWriter writer, QualityNote note)
    {
        WriteCode(writer, note.Code);
        WriteAuthor(writer, note.Author);
        writer.WriteText(note.Reason);
        writer.WriteOptionalText(note.Responsible);
    }

    private static void WriteAuthor(StoredBytesWriter writer, QualityAuthor author)
    {
        writer.WriteOptionalText(author.Entity);
        writer.WriteOptionalText(author.Application);
        writer.WriteOptionalText(author.Person);
    }

    private static void WriteCode(StoredBytesWriter writer, QualityCode code)
    {
        writer.WriteByte((byte)code.Origin);
        writer.WriteUnsigned(code.Category);
        writer.WriteUnsigned(code.Index);
    }

    /// <summary>Reads all items of a frame.</summary>
    /// <exception cref="StoredFormatException">One is none; those before it were told.</exception>
    public static void Read(ReadOnlySpan<byte> payload, IJournalVisitor visitor)
    {
        var reader = new StoredBytesReader(payload);
        while (reader.Left > 0)
        {
            switch (reader.ReadByte())
            {
                case Readings:
                    ReadReadings(ref reader, visitor);
                    break;
                case Name:
                    visitor.Visit(new NamedSeries(reader.ReadInt64(), reader.ReadByte(), reader.ReadText()));
                    break;
                case Note:
                    visitor.Visit(new NumberedNote(reader.ReadCount(1, NoteTable.MaxNotes), ReadNote(ref reader)));
                    break;
                case Revision:
                    visitor.Visit(ReadRevision(ref reader));
                    break;
                case Annotation:
                    visitor.Visit(ReadAnnotation(ref reader));
                    break;
                case var other:
                    throw new StoredFormatException($"There are no items of form {other}.");
            }
        }
    }

    private static void ReadReadings(ref StoredBytesReader reader, IJournalVisitor visitor)
    {
        var item = reader.ReadBytes(reader.ReadInt32());
        if (!visitor.WantsReadings) return;
        var inner = new StoredBytesReader(item);
        var server = inner.ReadTime();
        // A reading has at least eleven bytes.
        var readings = new KeptReading[inner.ReadCount(0, inner.Left / 11)];
        foreach (ref var kept in readings.AsSpan()) kept = ReadReading(ref inner, server.Ticks);
        if (inner.Left != 0) throw new StoredFormatException("Something follows readings.");
        visitor.Visit(readings, server.Ticks);
    }

    private static KeptReading ReadReading(ref StoredBytesReader reader, long serverTicks)
    {
        var (series, dataClass, form) = (reader.ReadInt64(), reader.ReadByte(), reader.ReadByte());
        var time = StoredBytesReader.TimeOf(unchecked(reader.ReadSigned() + serverTicks));
        var value = ReadValue(ref reader, (PointValueKind)(form & KindBits));
        var status = (form & HasStatus) != 0 ? (ReadingStatus)reader.ReadInt32() : ReadingStatus.Good;
        var quality = (form & HasQuality) != 0 ? ReadCode(ref reader) : default;
        var note = (form & HasNote) != 0 ? reader.ReadCount(1, NoteTable.MaxNotes) : 0;
        return new KeptReading(new Reading(-1, value, time, status, quality), series, note, dataClass);
    }

    private static PointValue ReadValue(ref StoredBytesReader reader, PointValueKind kind) => kind switch
    {
        PointValueKind.None => PointValue.None,
        PointValueKind.Real => PointValue.Restore(kind, reader.ReadInt64(), null),
        PointValueKind.Text => PointValue.From(reader.ReadText()),
        > PointValueKind.Text => throw new StoredFormatException($"There is no kind {kind} of values."),
        _ => PointValue.Restore(kind, reader.ReadSigned(), null),
    };

    private static StoredRevision ReadRevision(ref StoredBytesReader reader)
    {
        var (series, dataClass, sequence) = (reader.ReadInt64(), reader.ReadByte(), (long)reader.ReadUnsigned());
        var (time, at) = (reader.ReadTime(), reader.ReadTime());
        var kind = (RevisionKind)reader.ReadByte();
        if (kind > RevisionKind.Delete) throw new StoredFormatException($"There is no kind {kind} of revisions.");
        var note = ReadNote(ref reader);
        var value = ReadValue(ref reader, (PointValueKind)reader.ReadByte());
        return new StoredRevision(series, dataClass, sequence, new ReadingRevision(-1, time, kind, at, note) { Value = value, Status = (ReadingStatus)reader.ReadInt32() });
    }

    private static StoredAnnotation ReadAnnotation(ref StoredBytesReader reader)
    {
        var (series, dataClass, sequence) = (reader.ReadInt64(), reader.ReadByte(), (long)reader.ReadUnsigned());
        var (time, at) = (reader.ReadTime(), reader.ReadTime());
        return new StoredAnnotation(series, dataClass, sequence, new ReadingAnnotation(-1, time, at, ReadAuthor(ref reader), reader.ReadText()));
    }

    private static QualityNote ReadNote(ref StoredBytesReader reader) => new(ReadCode(ref reader), ReadAuthor(ref reader), reader.ReadText(), reader.ReadOptionalText());

    private static QualityAuthor ReadAuthor(ref StoredBytesReader reader) => new(reader.ReadOptionalText(), reader.ReadOptionalText(), reader.ReadOptionalText());

    private static QualityCode ReadCode(ref StoredBytesReader reader) => new((QualityOrigin)reader.ReadByte(), (ushort)reader.ReadCount(0, ushort.MaxValue), (ushort)reader.ReadCount(0, ushort.MaxValue));
}
