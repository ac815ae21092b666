namespace OpcPortal.Fuzz;

/// <summary>A target made of a delegate.</summary>
/// <typeparam name="TRefusal">The parser's own exception.</typeparam>
internal sealed class FuzzTarget<TRefusal>(string name, Func<byte[], bool> run, Func<IEnumerable<byte[]>> seeds) : IFuzzTarget
    where TRefusal : Exception
{
    /// <summary>An exception with its stack trace, and the buffers that a parser begins with.</summary>
    public int FixedBytes { get; init; } = 256 * 1024;

    /// <summary>Bytes of memory for a byte of input. Default 128: a null DataValue takes one byte and becomes 56, in an array that may have been grown to twice that.</summary>
    public int BytesPerInputByte { get; init; } = 128;

    public IReadOnlyList<byte[]> Pieces { get; init; } = [];

    /// <summary>Where there are several ways to refuse: which exceptions they are.</summary>
    public Func<TRefusal, bool> Refuses { get; init; } = static _ => true;

    public string Name => name;
    public IEnumerable<byte[]> Seeds => seeds();
    public long MaxAllocatedBytes(int inputLength) => FixedBytes + ((long)inputLength * BytesPerInputByte);
    public bool IsRefusal(Exception exception) => exception is TRefusal refusal && Refuses(refusal);
    public bool Run(byte[] input) => run(input);
}

/// <summary>Stands for the exception of a parser that has none: it says no by its result.</summary>
internal sealed class NoException : Exception;
