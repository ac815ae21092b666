namespace OpcPortal.Ua.Server;

/// <summary>
/// Keeps durable subscriptions beyond the process: of each a journal of records, whose content is the engine's alone. Part 4 6.8: what was queued is kept until the client has confirmed that
/// it has it.
/// </summary>
public interface ISubscriptionStore : IDisposable
{
    /// <summary>Whether there is room for more values; where not, queues overflow and say so. What ends a subscription or confirms a message is taken in any case.</summary>
    bool HasRoom { get; }

    /// <summary>The journals that were kept, in no order. Asked for once, before any is made.</summary>
    /// <exception cref="SubscriptionStoreException">They cannot be read: why, and what to do, in one line.</exception>
    IReadOnlyList<ISubscriptionJournal> Open();

    /// <summary>Begins a journal.</summary>
    /// <returns>Null where there can be none now, such as on a full disk.</returns>
    ISubscriptionJournal? TryCreate(uint subscriptionId);
}

/// <summary>
/// What is kept of one subscription. When a record was taken it survives the end of the process, whatever ends it. Called by one thread at a time; <see cref="ISubscriptionStore"/> is not.
/// </summary>
public interface ISubscriptionJournal : IDisposable
{
    uint SubscriptionId { get; }

    /// <summary>Bytes kept.</summary>
    long Length { get; }

    /// <summary>Whether there is room for more values: see <see cref="ISubscriptionStore.HasRoom"/>.</summary>
    bool HasRoom { get; }

    /// <summary>Shows the records that were kept, in order; each is valid during the call only.</summary>
    /// <exception cref="SubscriptionStoreException">They cannot be read at all.</exception>
    JournalCondition Read(JournalRecordReader reader);

    /// <returns>False where it was not kept: nothing more is, until the journal was rewritten.</returns>
    bool TryAppend(ReadOnlySpan<byte> record);

    /// <summary>Begins a journal that takes the place of this one when it is complete.</summary>
    /// <returns>Null where that cannot be now.</returns>
    IJournalRewrite? TryRewrite();

    /// <summary>The subscription has ended: nothing is kept of it any more.</summary>
    void Delete();
}

/// <summary>The journal that takes another one's place. Disposed before it is complete, it leaves the old one as it is.</summary>
public interface IJournalRewrite : IDisposable
{
    /// <returns>False where there is no room: the old journal stays.</returns>
    bool TryAppend(ReadOnlySpan<byte> record);

    /// <summary>From here on this is the journal.</summary>
    /// <returns>False where it could not be: the old journal stays.</returns>
    bool TryComplete();
}

/// <summary>Takes one record of a journal.</summary>
public delegate void JournalRecordReader(ReadOnlySpan<byte> record);

/// <summary>How a journal was found.</summary>
public enum JournalCondition
{
    /// <summary>As it was left.</summary>
    Whole,

    /// <summary>The last record was being written when the process ended, and was acknowledged to nobody: nothing else is missing.</summary>
    Torn,

    /// <summary>Records are missing in the midst or after the end: values may have been lost, and messages that were confirmed may come again.</summary>
    Damaged,
}

/// <summary>The store of subscriptions cannot be used. The message is one line that says why and what to do.</summary>
public sealed class SubscriptionStoreException(string message, Exception? inner = null) : Exception(message, inner);
