using System.Collections.Concurrent;

namespace OpcPortal.Ua;

/// <summary>
/// The namespace URIs of a server by index: 0 is OPC UA's, 1 the server's own application URI. Indexes never change or vanish
/// while the server runs. Thread-safe. Part 3 8.2.2, Part 5 6.3.1 (NamespaceArray).
/// </summary>
public sealed class NamespaceTable
{
    /// <summary>The namespace URI of OPC UA itself, index 0.</summary>
    public const string OpcUa = "http://opcfoundation.org/UA/";

    /// <summary>A NodeId has 16 bits for the index.</summary>
    public const int MaxNamespaces = ushort.MaxValue + 1;

    /// <summary>Characters of a URI: far beyond any real name, so that a peer or file cannot grow the table without bound.</summary>
    public const int MaxUriLength = 4096;

    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<string, ushort> _indexes = new(StringComparer.Ordinal);
    private string[] _uris = new string[16];
    private volatile int _count;

    /// <param name="applicationUri">The URI of index 1.</param>
    public NamespaceTable(string applicationUri)
    {
        GetOrAdd(OpcUa);
        if (GetOrAdd(applicationUri) != 1) throw new ArgumentException("The application URI is that of OPC UA.", nameof(applicationUri));
    }

    /// <summary>How many namespaces there are; it only grows, so it also tells whether anything was added.</summary>
    public int Count => _count;

    /// <exception cref="ArgumentOutOfRangeException">No namespace has the index.</exception>
    public string this[int index] =>
        TryGetUri(index, out var uri) ? uri : throw new ArgumentOutOfRangeException(nameof(index), index, "No namespace has this index.");

    public bool TryGetUri(int index, out string uri)
    {
        // The count is read first: an entry below it is written, and a larger array holds all that the smaller one held.
        var known = index >= 0 && index < _count;
        uri = known ? Volatile.Read(ref _uris)[index] : "";
        return known;
    }

    public bool TryGetIndex(string uri, out ushort index) => _indexes.TryGetValue(uri, out index);

    /// <summary>The index of a URI, which is added at the end if it is new.</summary>
    /// <exception cref="ArgumentException">The URI is empty or longer than <see cref="MaxUriLength"/>.</exception>
    /// <exception cref="InvalidOperationException">All <see cref="MaxNamespaces"/> indexes are taken.</exception>
    public ushort GetOrAdd(string uri)
    {
        ArgumentException.ThrowIfNullOrEmpty(uri);
        if (_indexes.TryGetValue(uri, out var known)) return known;
        if (uri.Length > MaxUriLength) throw new ArgumentException($"A namespace URI has {uri.Length} characters, more than {MaxUriLength}.", nameof(uri));
        lock (_gate)
        {
            if (_indexes.TryGetValue(uri, out known)) return known;
            var count = _count;
            if (count == MaxNamespaces) throw new InvalidOperationException($"All {MaxNamespaces} namespace indexes are taken.");
            if (count == _uris.Length)
            {
                var larger = new string[count * 2];
                _uris.CopyTo(larger, 0);
                Volatile.Write(ref _uris, larger);
            }

            _uris[count] = uri;
            _count = count + 1;
            _indexes[uri] = (ushort)count;
            return (ushort)count;
        }
    }

    /// <summary>All URIs in order: the value of NamespaceArray.</summary>
    public string[] ToArray()
    {
        var count = _count;
        return Volatile.Read(ref _uris)[..count];
    }
}
