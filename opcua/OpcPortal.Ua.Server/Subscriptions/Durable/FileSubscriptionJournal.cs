using Microsoft.Win32.SafeHandles;

namespace OpcPortal.Ua.Server;

/// <summary>The journal of one subscription in a file. A record is written by one call of the operating system, which has it from then on, whatever becomes of this process.</summary>
internal sealed class FileSubscriptionJournal : ISubscriptionJournal
{
    /// <summary>The end of the name of a file that is not yet a journal.</summary>
    public const string Unfinished = ".unfinished";

    // A value with its record's header; larger records are written from the pool.
    private const int SmallRecord = 512;

    private readonly FileSubscriptionStore _store;

    // Held for as long as a write takes: by whoever appends, flushes or copies.
    private readonly Lock _gate = new();
    private SafeFileHandle _file;
    private string _path;
    private long _length;
    private bool _isDirty;
    private bool _isFailing;
    private bool _isDeleted;

    private FileSubscriptionJournal(FileSubscriptionStore store, uint subscriptionId, uint generation, SafeFileHandle file, string path, long length)
    {
        _store = store;
        SubscriptionId = subscriptionId;
        Generation = generation;
        _file = file;
        _path = path;
        _length = length;
        store.Count(length);
    }

    public uint SubscriptionId { get; }
    public uint Generation { get; private set; }
    public long Length => Volatile.Read(ref _length);
    public bool HasRoom => Length < _store.Options.MaxJournalBytes && _store.HasRoom;

    /// <exception cref="IOException">There is no room, or the folder cannot be written.</exception>
    public static FileSubscriptionJournal Create(FileSubscriptionStore store, uint subscriptionId)
    {
        const uint First = 1;
        var path = store.PathOf(subscriptionId, First);
        return new FileSubscriptionJournal(store, subscriptionId, First, Begin(path, subscriptionId, First), path, JournalFormat.HeaderLength);
    }

    /// <returns>Null where it is no journal.</returns>
    /// <exception cref="SubscriptionStoreException">A newer version wrote it.</exception>
    public static FileSubscriptionJournal? TryOpen(FileSubscriptionStore store, string path)
    {
        var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
        try
        {
            Span<byte> header = stackalloc byte[JournalFormat.HeaderLength];
            var read = RandomAccess.Read(file, header, 0);
            if (JournalFormat.TryReadHeader(header[..read], out var found)) return new FileSubscriptionJournal(store, found.SubscriptionId, found.Generation, file, path, RandomAccess.GetLength(file));
        }
        catch (SubscriptionStoreException)
        {
            file.Dispose();
            throw;
        }

        file.Dispose();
        return null;
    }

    private static SafeFileHandle Begin(string path, uint subscriptionId, uint generation)
    {
        var file = File.OpenHandle(path, FileMode.Create, FileAccess.ReadWrite);
        try
        {
            Span<byte> header = stackalloc byte[JournalFormat.HeaderLength];
            JournalFormat.WriteHeader(header, subscriptionId, generation);
            RandomAccess.Write(file, header, 0);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public JournalCondition Read(JournalRecordReader reader)
    {
        try
        {
            var data = GC.AllocateUninitializedArray<byte>(checked((int)Length));
            var read = 0;
            while (read < data.Length && RandomAccess.Read(_file, data.AsSpan(read), read) is > 0 and var count) read += count;
            if (!JournalFormat.TryReadHeader(data.AsSpan(0, read), out var header)) throw new SubscriptionStoreException("It has no header.");
            var condition = JournalFormat.Read(data.AsSpan(0, read), reader, out var end);
            Cut(end);
            return header.IsIncomplete ? JournalCondition.Damaged : condition;
        }
        catch (Exception unreadable) when (unreadable is IOException or OverflowException)
        {
            throw new SubscriptionStoreException($"The journal {_path} cannot be read ({unreadable.Message}).", unreadable);
        }
    }

    public bool TryAppend(ReadOnlySpan<byte> record)
    {
        if (_isFailing || record.Length is 0 or > JournalFormat.MaxRecordLength) return false;
        var size = JournalFormat.SizeOf(record.Length);
        if (size <= SmallRecord)
        {
            Span<byte> small = stackalloc byte[SmallRecord];
            return TryWrite(record, small[..size]);
        }

        var pooled = System.Buffers.ArrayPool<byte>.Shared.Rent(size);
        var isKept = TryWrite(record, pooled.AsSpan(0, size));
        System.Buffers.ArrayPool<byte>.Shared.Return(pooled);
        return isKept;
    }

    private bool TryWrite(ReadOnlySpan<byte> record, Span<byte> target)
    {
        JournalFormat.WriteRecord(target, record);
        lock (_gate)
        {
            try
            {
                if (_isDeleted) return false;
                RandomAccess.Write(_file, target, _length);
                Grow(target.Length);
                return true;
            }
            catch (IOException full)
            {
                Fail(full);
                return false;
            }
        }
    }

    // What was written by halves must not stand behind what comes later; that something is missing is written over bytes that are there.
    private void Fail(IOException full)
    {
        _isFailing = true;
        _store.TellNotKept(this, full);
        try
        {
            RandomAccess.SetLength(_file, _length);
            RandomAccess.Write(_file, BitConverter.GetBytes(1u), JournalFormat.IncompleteOffset);
        }
        catch (IOException)
        {
            // The disk takes nothing at all: the record that is torn says it.
        }
    }

    private void Grow(long bytes)
    {
        Volatile.Write(ref _length, _length + bytes);
        _store.Count(bytes);
        _isDirty = true;
    }

    // Behind the last whole record nothing is worth anything.
    private void Cut(long length)
    {
        if (length == _length) return;
        RandomAccess.SetLength(_file, length);
        Grow(length - _length);
    }

    public IJournalRewrite? TryRewrite()
    {
        if (_isDeleted) return null;
        try
        {
            return new Rewrite(this);
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            _store.TellNotRewritten(this, failed);
            return null;
        }
    }

    public void Delete()
    {
        lock (_gate)
        {
            if (_isDeleted) return;
            _isDeleted = true;
            _store.Forget(this);
            _store.Count(-_length);
            _file.Dispose();
            DeleteFile(_path);
        }
    }

    /// <summary>Forces what was written onto the disk.</summary>
    public void Flush()
    {
        SafeFileHandle file;
        lock (_gate)
        {
            if (!_isDirty || _isDeleted) return;
            _isDirty = false;
            file = _file;
        }

        try
        {
            RandomAccess.FlushToDisk(file);
        }
        catch (Exception failed) when (failed is IOException or ObjectDisposedException)
        {
            // Replaced or ended meanwhile; or the disk fails, which the next write will tell.
        }
    }

    /// <summary>Copies the journal as it is now.</summary>
    public void CopyTo(string folder)
    {
        lock (_gate)
        {
            if (_isDeleted) return;
            using var target = File.Create(Path.Combine(folder, FileSubscriptionStore.NameOf(SubscriptionId, Generation)));
            var buffer = new byte[CopyBuffer];
            for (long at = 0; at < _length;)
            {
                var count = RandomAccess.Read(_file, buffer.AsSpan(0, (int)Math.Min(buffer.Length, _length - at)), at);
                if (count == 0) return;
                target.Write(buffer, 0, count);
                at += count;
            }
        }
    }

    private const int CopyBuffer = 128 * 1024;

    public void Dispose()
    {
        Flush();
        lock (_gate)
        {
            if (_isDeleted) return;
            _isDeleted = true;
            _store.Forget(this);
            _file.Dispose();
        }
    }

    private void DeleteFile(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            // An older generation gives way to the newer one at the next start; an ended one says that it has ended.
            _store.TellNotRewritten(this, failed);
        }
    }

    private sealed class Rewrite : IJournalRewrite
    {
        private readonly FileSubscriptionJournal _journal;
        private readonly uint _generation;
        private readonly string _path;
        private readonly byte[] _buffer = new byte[CopyBuffer];
        private SafeFileHandle? _file;
        private int _buffered;
        private long _written = JournalFormat.HeaderLength;

        public Rewrite(FileSubscriptionJournal journal)
        {
            _journal = journal;
            _generation = journal.Generation + 1;
            _path = journal._store.PathOf(journal.SubscriptionId, _generation);
            _file = Begin(_path + Unfinished, journal.SubscriptionId, _generation);
        }

        public bool TryAppend(ReadOnlySpan<byte> record)
        {
            if (_file is null || record.Length is 0 or > JournalFormat.MaxRecordLength) return false;
            var size = JournalFormat.SizeOf(record.Length);
            if (_buffered + size > _buffer.Length && !TryFlush()) return false;
            if (size <= _buffer.Length)
            {
                JournalFormat.WriteRecord(_buffer.AsSpan(_buffered, size), record);
                _buffered += size;
                return true;
            }

            var large = new byte[size];
            JournalFormat.WriteRecord(large, record);
            return TryWrite(large);
        }

        private bool TryFlush()
        {
            if (!TryWrite(_buffer.AsSpan(0, _buffered))) return false;
            _buffered = 0;
            return true;
        }

        private bool TryWrite(ReadOnlySpan<byte> bytes)
        {
            try
            {
                RandomAccess.Write(_file!, bytes, _written);
                _written += bytes.Length;
                return true;
            }
            catch (IOException full)
            {
                _journal._store.TellNotRewritten(_journal, full);
                return false;
            }
        }

        // On the disk before it takes the other's place: a loss of power must not leave a name without content.
        public bool TryComplete()
        {
            if (_file is null || !TryFlush()) return false;
            try
            {
                RandomAccess.FlushToDisk(_file);
                File.Move(_path + Unfinished, _path);
            }
            catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
            {
                _journal._store.TellNotRewritten(_journal, failed);
                return false;
            }

            _journal.Replace(_file, _path, _generation, _written);
            _file = null;
            return true;
        }

        public void Dispose()
        {
            if (_file is null) return;
            _file.Dispose();
            _journal.DeleteFile(_path + Unfinished);
        }
    }

    private void Replace(SafeFileHandle file, string path, uint generation, long length)
    {
        string old;
        lock (_gate)
        {
            _file.Dispose();
            (old, _file, _path, Generation) = (_path, file, path, generation);
            Grow(length - _length);
            _isFailing = false;
        }

        DeleteFile(old);
    }
}
