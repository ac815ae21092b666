using System.Security.Cryptography;

namespace OpcPortal.Ua.Server;

/// <summary>The continuation points of one session: random names, so that none can be guessed or taken to another session. Part 4 7.9.</summary>
internal sealed class BrowseContinuations
{
    private const int NameLength = 16;

    private readonly Lock _gate = new();
    private readonly Dictionary<ByteString, BrowseWalk> _walks = [];

    /// <returns>False where the session has as many as it may.</returns>
    public bool TryKeep(BrowseWalk walk, int limit, out ByteString name)
    {
        name = default;
        lock (_gate)
        {
            if (_walks.Count >= limit) return false;
            name = RandomNumberGenerator.GetBytes(NameLength);
            _walks.Add(name, walk);
            return true;
        }
    }

    /// <summary>Takes a walk out: a continuation point serves once.</summary>
    public bool TryTake(in ByteString name, out BrowseWalk? walk)
    {
        lock (_gate) return _walks.Remove(name, out walk);
    }
}
