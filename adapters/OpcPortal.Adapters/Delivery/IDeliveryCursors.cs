namespace OpcPortal.Adapters;

/// <summary>How far the records of a source that remembers have been delivered.</summary>
/// <param name="Time">The time of the last one by the source's own clock, UTC.</param>
/// <param name="Index">Its place in the source's memory.</param>
public readonly record struct DeliveryCursor(DateTime Time, int Index);

/// <summary>
/// Where an adapter remembers how far it has read what devices keep themselves: it survives the end of the process. A cursor is moved only after <see cref="IReadingSink.CommitAsync"/>:
/// what it has passed is not asked for again. Thread-safe.
/// </summary>
public interface IDeliveryCursors
{
    /// <param name="source">A name that stays the same, such as <c>device/profile</c>.</param>
    /// <returns>Null: nothing of the source was delivered yet.</returns>
    DeliveryCursor? Find(string source);

    /// <summary>Moves a cursor, for good when it returns.</summary>
    /// <exception cref="IOException">It could not be kept: it has not moved.</exception>
    void Move(string source, DeliveryCursor cursor);
}

/// <summary>Cursors that live as long as the process: for adapters without a folder, which after a restart read again all that devices have kept.</summary>
public sealed class TransientCursors : IDeliveryCursors
{
    private readonly System.Collections.Concurrent.ConcurrentDictionary<string, DeliveryCursor> _cursors = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public DeliveryCursor? Find(string source) => _cursors.TryGetValue(source, out var cursor) ? cursor : null;

    /// <inheritdoc/>
    public void Move(string source, DeliveryCursor cursor) => _cursors[source] = cursor;
}
