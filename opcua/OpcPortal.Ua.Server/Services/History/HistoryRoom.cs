namespace OpcPortal.Ua.Server;

/// <summary>What one HistoryRead response has room for, over all its nodes, and how much work it may make. Attack class 31.</summary>
/// <param name="values">Values or events.</param>
/// <param name="bytes">Of them encoded, roughly.</param>
/// <param name="pages">Pages that sources may be asked for, also empty ones: a walk over years of what nobody may see ends with a continuation point.</param>
/// <param name="examined">Events that may be held against a filter, also where it lets none pass.</param>
/// <param name="used">Values that calculations may use; the calculation that uses the last comes to its next result.</param>
internal sealed class HistoryRoom(int values, long bytes, int pages, int examined, long used)
{
    // A DataValue of a number with its status and both times, or an event's field.
    private const int PlainSize = 32;

    private int _values = values;
    private long _bytes = bytes;
    private int _pages = pages;
    private int _examined = examined;
    private long _used = used;

    /// <summary>Room for so many more values.</summary>
    public int Values => _bytes <= 0 ? 0 : _values;

    /// <summary>Takes room for an item; the first of a result is always taken, so that every page gets on.</summary>
    /// <returns>False where it does not fit: it is not taken.</returns>
    public bool TryTake(int size, bool isFirst)
    {
        if (!isFirst && (_values <= 0 || _bytes < size)) return false;
        _values--;
        _bytes -= size;
        return true;
    }

    /// <returns>False where sources were asked often enough.</returns>
    public bool TryAskSource() => --_pages >= 0;

    /// <returns>False where enough events were looked at.</returns>
    public bool TryExamine() => --_examined >= 0;

    /// <summary>Whether calculations have used as many values as they may: what has not begun begins in the next request.</summary>
    public bool IsWorkDone => _used <= 0;

    public void Use(int count) => _used -= count;

    public static int SizeOf(in DataValue value) => PlainSize + SizeOf(value.Value);

    /// <summary>Bytes of a value beyond those of a number.</summary>
    public static int SizeOf(in Variant value)
    {
        if (!value.IsScalar) return SizeOf(value.Elements);
        return value.Type switch
        {
            BuiltInType.String or BuiltInType.XmlElement or BuiltInType.LocalizedText or BuiltInType.QualifiedName or BuiltInType.NodeId or BuiltInType.ExpandedNodeId =>
                value.ToObject()?.ToString()?.Length ?? 0,
            BuiltInType.ByteString => value.AsByteString().Length,
            BuiltInType.ExtensionObject => value.AsExtensionObject()?.BinaryBody().Length ?? 0,
            BuiltInType.DataValue => SizeOf(value.AsDataValue()),
            _ => 0,
        };
    }

    public static int SizeOf(Variant[] fields)
    {
        var size = PlainSize;
        foreach (ref readonly var field in fields.AsSpan()) size += PlainSize + SizeOf(field);
        return size;
    }

    private static int SizeOf(Array? elements)
    {
        var size = PlainSize * (elements?.Length ?? 0);
        switch (elements)
        {
            case string?[] texts:
                foreach (var text in texts) size += text?.Length ?? 0;
                break;
            case ByteString[] blobs:
                foreach (ref readonly var blob in blobs.AsSpan()) size += blob.Length;
                break;
            case ExtensionObject?[] structures:
                foreach (var structure in structures) size += structure?.BinaryBody().Length ?? 0;
                break;
            case Variant[] values:
                foreach (ref readonly var value in values.AsSpan()) size += SizeOf(value);
                break;
        }

        return size;
    }
}
