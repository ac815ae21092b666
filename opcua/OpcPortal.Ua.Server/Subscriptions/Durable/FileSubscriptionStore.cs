using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.Logging;

namespace OpcPortal.Ua.Server;

/// <summary>How subscriptions are kept in files.</summary>
public sealed record FileSubscriptionStoreOptions
{
    /// <summary>Bytes of all journals; beyond it values push others out of their queues, which is told by the overflow bit. What else is written, and rewriting, may take as much again.</summary>
    public long MaxBytes { get; init; } = 4L * 1024 * 1024 * 1024;

    /// <summary>Bytes of one journal: it is read into memory at a start. As above.</summary>
    public int MaxJournalBytes { get; init; } = 512 * 1024 * 1024;

    /// <summary>
    /// How often what was written is forced onto the disk. The end of the process loses nothing whatever this is; a loss of power may lose as much as came in this time. Default one second: a
    /// disk forced at each value would take some hundred values a second.
    /// </summary>
    public TimeSpan FlushInterval { get; init; } = TimeSpan.FromSeconds(1);
}

/// <summary>
/// Keeps subscriptions in a folder, a file each: appended to with one write for each record, so that the end of the process loses nothing that was taken; rewritten when most of it is past. Open
/// in one process at a time. Thread-safe.
/// </summary>
public sealed partial class FileSubscriptionStore : ISubscriptionStore
{
    private const string Extension = ".journal";
    private const string Damaged = ".damaged";

    private readonly ConcurrentDictionary<FileSubscriptionJournal, bool> _journals = [];
    private readonly string _folder;
    private readonly FileSubscriptionStoreOptions _options;
    private readonly ILogger _logger;
    private readonly FileStream _lock;
    private readonly ITimer _flushing;
    private readonly Quota _bytes;
    private int _isFlushing;

    /// <param name="folder">Made where it is not there.</param>
    /// <exception cref="SubscriptionStoreException">It cannot be used.</exception>
    public FileSubscriptionStore(string folder, FileSubscriptionStoreOptions options, TimeProvider time, ILogger<FileSubscriptionStore> logger)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        _folder = folder;
        _options = options;
        _logger = logger;
        _bytes = new Quota(options.MaxBytes);
        try
        {
            Directory.CreateDirectory(folder);
            // Two servers writing into one folder would each overwrite what the other keeps.
            _lock = new FileStream(Path.Combine(folder, "in-use"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose);
        }
        catch (Exception unusable) when (unusable is IOException or UnauthorizedAccessException)
        {
            throw new SubscriptionStoreException($"The folder of subscriptions {folder} cannot be used ({unusable.Message}): end the other server that uses it, or make it writable.", unusable);
        }

        _flushing = time.CreateTimer(static store => ((FileSubscriptionStore)store!).Flush(), this, options.FlushInterval, options.FlushInterval);
    }

    /// <summary>The folder: what a backup takes along, by <see cref="CopyTo"/>.</summary>
    public string Folder => _folder;

    public bool HasRoom => !_bytes.IsExceeded;

    internal FileSubscriptionStoreOptions Options => _options;

    public IReadOnlyList<ISubscriptionJournal> Open()
    {
        try
        {
            foreach (var unfinished in Directory.GetFiles(_folder, "*" + FileSubscriptionJournal.Unfinished)) File.Delete(unfinished);
            return [.. Directory.GetFiles(_folder, "*" + Extension).Select(TryOpen).OfType<FileSubscriptionJournal>().GroupBy(journal => journal.SubscriptionId).Select(Newest)];
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new SubscriptionStoreException($"The subscriptions in {_folder} cannot be read ({unreadable.Message}): make the folder readable and writable, or name another.", unreadable);
        }
    }

    // Of a journal that was rewritten when the process ended the older one may still be there.
    private static FileSubscriptionJournal Newest(IEnumerable<FileSubscriptionJournal> generations)
    {
        var newestFirst = generations.OrderByDescending(journal => journal.Generation).ToList();
        foreach (var older in newestFirst.Skip(1)) older.Delete();
        return newestFirst[0];
    }

    private FileSubscriptionJournal? TryOpen(string file)
    {
        try
        {
            if (FileSubscriptionJournal.TryOpen(this, file) is { } journal) return Taken(journal);
        }
        catch (SubscriptionStoreException newer)
        {
            throw new SubscriptionStoreException($"The subscription in {file} cannot be read. {newer.Message}", newer);
        }

        // Kept for whoever wants to look into it; nothing can be made of it.
        LogSetAside(file, file + Damaged);
        File.Move(file, file + Damaged, overwrite: true);
        return null;
    }

    public ISubscriptionJournal? TryCreate(uint subscriptionId)
    {
        try
        {
            return Taken(FileSubscriptionJournal.Create(this, subscriptionId));
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            LogNotCreated(subscriptionId, failed);
            return null;
        }
    }

    /// <summary>Copies what is kept into another folder, while it goes on: each journal as it is at one moment.</summary>
    /// <exception cref="IOException">It cannot be read or written.</exception>
    public void CopyTo(string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (var journal in _journals.Keys) journal.CopyTo(folder);
    }

    internal string PathOf(uint subscriptionId, uint generation) => Path.Combine(_folder, NameOf(subscriptionId, generation));

    internal static string NameOf(uint subscriptionId, uint generation) => string.Create(CultureInfo.InvariantCulture, $"{subscriptionId:x8}-{generation}{Extension}");

    /// <summary>Counts what a journal takes, or gives back.</summary>
    internal void Count(long bytes) => _bytes.TakeBeyond(bytes);

    internal void Forget(FileSubscriptionJournal journal) => _journals.TryRemove(journal, out _);

    internal void TellNotKept(FileSubscriptionJournal journal, Exception failure) => LogNotKept(journal.SubscriptionId, failure.Message);

    internal void TellNotRewritten(FileSubscriptionJournal journal, Exception failure) => LogNotRewritten(journal.SubscriptionId, failure.Message);

    private FileSubscriptionJournal Taken(FileSubscriptionJournal journal)
    {
        _journals[journal] = true;
        return journal;
    }

    // A disk that is slower than the interval is not asked again meanwhile.
    private void Flush()
    {
        if (Interlocked.Exchange(ref _isFlushing, 1) != 0) return;
        foreach (var journal in _journals.Keys) journal.Flush();
        Volatile.Write(ref _isFlushing, 0);
    }

    public void Dispose()
    {
        _flushing.Dispose();
        foreach (var journal in _journals.Keys) journal.Dispose();
        _lock.Dispose();
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{File} is no journal of a subscription: it is set aside as {Aside}, and what it held is lost")]
    private partial void LogSetAside(string file, string aside);

    [LoggerMessage(Level = LogLevel.Error, Message = "Subscription {Id} cannot be made durable: its journal cannot be written")]
    private partial void LogNotCreated(uint id, Exception failure);

    [LoggerMessage(Level = LogLevel.Error, Message = "The journal of subscription {Id} cannot be written ({Reason}): it goes on in memory, and is kept again when it can be")]
    private partial void LogNotKept(uint id, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The journal of subscription {Id} cannot be rewritten ({Reason}): it will be tried again")]
    private partial void LogNotRewritten(uint id, string reason);
}
