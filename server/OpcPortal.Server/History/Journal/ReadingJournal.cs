namespace OpcPortal.Server;

/// <summary>
/// What comes in, before it is in the database: segments in a folder of which one is written. Appending is for one at a time; syncing, and deleting segments whose readings are stored, goes on beside it.
/// </summary>
internal sealed class ReadingJournal : IDisposable
{
    private const string LockName = "lock";

    private readonly ReadingStoreOptions _options;
    private readonly JournalFileFactory _open;
    private readonly FileStream _lock;
    private readonly Dictionary<long, long> _sizes = [];
    private readonly Lock _gate = new();
    private readonly Lock _syncing = new();
    private IJournalFile? _file;
    private IJournalFile? _unsynced;
    private bool _isDirty;

    private ReadingJournal(ReadingStoreOptions options, JournalFileFactory open, FileStream @lock)
    {
        _options = options;
        _open = open;
        _lock = @lock;
        foreach (var generation in JournalSegment.In(options.JournalFolder)) _sizes[generation] = new FileInfo(PathOf(generation)).Length;
    }

    /// <summary>The number of the segment that is written; 0: none is yet.</summary>
    public long Generation { get; private set; }

    /// <summary>Bytes of all segments.</summary>
    public long Bytes
    {
        get { lock (_gate) return _sizes.Values.Sum(); }
    }

    /// <summary>Bytes of the segment that is written.</summary>
    public long SegmentBytes
    {
        get { lock (_gate) return _sizes.GetValueOrDefault(Generation); }
    }

    /// <summary>The segments that there are, oldest first.</summary>
    public List<long> Generations
    {
        get { lock (_gate) return [.. _sizes.Keys.Order()]; }
    }

    /// <summary>Opens a folder for this process alone.</summary>
    /// <exception cref="StorageException">Another process has it, or it cannot be written.</exception>
    public static ReadingJournal Open(ReadingStoreOptions options, JournalFileFactory open)
    {
        try
        {
            Directory.CreateDirectory(options.JournalFolder);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new StorageException($"The journal {options.JournalFolder} cannot be used: {refused.Message}", refused);
        }

        try
        {
            // Released by the system when the process ends, however it does.
            var @lock = new FileStream(Path.Combine(options.JournalFolder, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            return new ReadingJournal(options, open, @lock);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new StorageException($"The journal {options.JournalFolder} is another server's, or cannot be used: {refused.Message}", refused);
        }
    }

    public string PathOf(long generation) => JournalSegment.PathOf(_options.JournalFolder, generation);

    /// <summary>Begins a segment; that before is complete.</summary>
    /// <exception cref="StorageException">It cannot be made: that before goes on.</exception>
    public void Begin(long generation)
    {
        IJournalFile file;
        try
        {
            file = _open(PathOf(generation));
            file.Write(JournalSegment.Header(generation), 0);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw Refused(refused);
        }

        lock (_gate)
        {
            // It is synced and closed by the next sync: to wait for the disk is not for whoever appends.
            FinishBefore();
            _unsynced = _file;
            _file = file;
            Generation = generation;
            _sizes[generation] = JournalSegment.HeaderSize;
        }
    }

    private void FinishBefore()
    {
        _unsynced?.Sync();
        _unsynced?.Dispose();
        _unsynced = null;
    }

    /// <summary>Appends a frame: when it returns, the frame survives the end of the process.</summary>
    /// <exception cref="StorageException">It does not: the disk or the journal is full.</exception>
    public void Append(ReadOnlySpan<byte> frame)
    {
        long at;
        lock (_gate)
        {
            at = _sizes[Generation];
            if (_sizes.Values.Sum() + frame.Length > _options.MaxJournalBytes)
                throw new StorageException($"The journal {_options.JournalFolder} is full with {_options.MaxJournalBytes >> 20} MiB: the database has not taken readings for long.");
        }

        try
        {
            // What a failure left of a frame is written over by the next.
            _file!.Write(frame, at);
            if (_options.SyncInterval == TimeSpan.Zero) _file.Sync();
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw Refused(refused);
        }

        lock (_gate)
        {
            _sizes[Generation] = at + frame.Length;
            _isDirty = true;
        }
    }

    /// <summary>Forces what was appended to the disk.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    public void Sync()
    {
        lock (_syncing)
        {
            IJournalFile? before, current;
            lock (_gate)
            {
                (before, _unsynced) = (_unsynced, null);
                current = _isDirty ? _file : null;
                _isDirty = false;
            }

            before?.Sync();
            before?.Dispose();
            current?.Sync();
        }
    }

    /// <summary>Its readings are stored: deletes a segment.</summary>
    /// <exception cref="IOException">It cannot be deleted: it stays, and does no harm.</exception>
    public void Delete(long generation)
    {
        File.Delete(PathOf(generation));
        lock (_gate) _sizes.Remove(generation);
    }

    private StorageException Refused(Exception refused) => new($"The journal {_options.JournalFolder} cannot be written: {refused.Message}", refused);

    public void Dispose()
    {
        lock (_syncing)
            lock (_gate)
            {
                FinishBefore();
                _file?.Sync();
                _file?.Dispose();
                _file = null;
            }

        _lock.Dispose();
    }
}
