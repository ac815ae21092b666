namespace OpcPortal.Ua.Channel;

/// <summary>The numbers of the chunks in one direction: one more for each, whatever the token. Part 6 6.7.2.4.</summary>
internal struct SequenceNumbers
{
    // From here on a sender may start again, with a number below 1024. Part 6 6.7.2.4.
    private const uint WrapFrom = uint.MaxValue - 1024;
    private const uint WrapBelow = 1024;

    private uint _last;
    private bool _hasLast;

    /// <summary>For tests: as if <paramref name="last"/> had just been used.</summary>
    internal SequenceNumbers(uint last)
    {
        _last = last;
        _hasLast = true;
    }

    /// <summary>The number of the next chunk sent: 1 first.</summary>
    public uint Next()
    {
        _last = _hasLast && _last < WrapFrom ? _last + 1 : 1;
        _hasLast = true;
        return _last;
    }

    /// <summary>Takes note of a chunk received.</summary>
    /// <returns>False where the number is not the next: a chunk was lost, repeated or replayed.</returns>
    public bool TryAccept(uint number)
    {
        var isNext = !_hasLast || (_last != uint.MaxValue && number == _last + 1) || (_last >= WrapFrom && number < WrapBelow);
        if (!isNext) return false;
        _last = number;
        _hasLast = true;
        return true;
    }
}
