namespace OpcPortal.Ua.Server;

/// <summary>
/// How much the index ranges of one request may copy: ten thousand parts of one large value would otherwise take gigabytes before the answer is found to be too large.
/// Attack class 5.
/// </summary>
internal sealed class CopyBudget(long elements)
{
    private long _left = elements;

    /// <returns>False once more than the budget has been copied.</returns>
    public bool TryTake(in Variant copied) => (_left -= SizeOf(copied)) >= 0;

    // Elements, characters or bytes: each is a byte at least, on the wire and in memory.
    private static long SizeOf(in Variant value)
    {
        if (value.IsScalar)
        {
            return value.Type switch
            {
                BuiltInType.String => value.AsString()?.Length ?? 0,
                BuiltInType.ByteString => value.AsByteString().Length,
                _ => 1,
            };
        }

        long size = value.Elements?.Length ?? 0;
        if (value.Elements is string?[] texts)
            foreach (var text in texts) size += text?.Length ?? 0;
        else if (value.Elements is ByteString[] blobs)
            foreach (ref readonly var blob in blobs.AsSpan()) size += blob.Length;
        return size;
    }
}
