namespace OpcPortal.Fuzz;

/// <summary>A parser, with what it may do to any input: return, or refuse it in the one way that its callers expect.</summary>
public interface IFuzzTarget
{
    /// <summary>The name on the command line and of the corpus folder.</summary>
    string Name { get; }

    /// <summary>Inputs that get past the first checks: what mutation begins with.</summary>
    IEnumerable<byte[]> Seeds { get; }

    /// <summary>Pieces that mean something to the parser; mutation puts them in.</summary>
    IReadOnlyList<byte[]> Pieces { get; }

    /// <summary>Bytes of memory that one input may cost, however it is made.</summary>
    long MaxAllocatedBytes(int inputLength);

    /// <summary>Whether the exception is the parser's own way to refuse an input. Any other is a defect.</summary>
    bool IsRefusal(Exception exception);

    /// <summary>Parses the input, and checks what can be checked of the result.</summary>
    /// <returns>Whether it parsed, where the parser says so by its result.</returns>
    /// <exception cref="FuzzException">The result is wrong.</exception>
    bool Run(byte[] input);
}

/// <summary>An input that a parser does not stand. The message has all that it takes to repeat it.</summary>
public sealed class FuzzException(string message, Exception? inner = null) : Exception(message, inner);
