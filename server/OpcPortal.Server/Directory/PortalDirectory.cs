using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>What the directory has to know of its server.</summary>
public sealed record DirectoryOptions
{
    /// <summary>Namespaces of models and of the server itself: no entity may have one. Those of the OPC Foundation and of the portal's models are among them anyway.</summary>
    public IReadOnlySet<string> ReservedNamespaces { get; init; } = new HashSet<string>();

    /// <summary>Users of the configuration. An individual of such a name has the password that stands there.</summary>
    public IReadOnlySet<string> ConfiguredUsers { get; init; } = new HashSet<string>();
}

/// <summary>
/// Who there is, whose what is, and what was agreed: all held in memory for look-ups, every version kept in a store. It changes only through <see cref="ApplyAsync"/>, whole or not at all,
/// one change at a time. One server writes to a store: what another one has written there shows as a conflict.
/// </summary>
public sealed partial class PortalDirectory : IAsyncDisposable
{
    /// <summary>Records of one change: a million premises with their occupants come in at once, nothing larger.</summary>
    public const int MaxRecordsPerChange = 2_500_000;

    /// <summary>Characters of an author and of a reason: they are read by people.</summary>
    public const int MaxReasonLength = 1024;

    private readonly IRecordStore _store;
    private readonly TimeProvider _time;
    private DirectoryOptions _options;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _writing = new(1);
    // Each look into the past loads all there was: not many at once.
    private readonly SemaphoreSlim _lookingBack = new(1);
    private readonly RecordVersions _versions;
    private volatile DirectoryState _state;
    private Applied? _unsettled;

    private PortalDirectory(IRecordStore store, TimeProvider time, DirectoryOptions options, ILogger logger, DirectoryLoader loaded)
    {
        _store = store;
        _time = time;
        _options = options;
        _logger = logger;
        _versions = loaded.Versions;
        _state = new DirectoryState(loaded.Tables(), loaded.Version, loaded.LastRecordedAt);
    }

    /// <summary>Loads a directory from its store, which it disposes when it ends.</summary>
    /// <exception cref="DirectoryException">The store has what this server does not understand.</exception>
    public static async Task<PortalDirectory> OpenAsync(IRecordStore store, TimeProvider time, DirectoryOptions? options = null, ILogger? logger = null, CancellationToken cancellation = default)
    {
        var loader = new DirectoryLoader();
        await loader.LoadAsync(store, null, cancellation).ConfigureAwait(false);
        return new PortalDirectory(store, time, options ?? new DirectoryOptions(), logger ?? NullLogger.Instance, loader);
    }

    /// <summary>All records as they are now: one state, whatever changes meanwhile.</summary>
    public DirectoryTables Tables => _state.Tables;

    /// <summary>One more with each change, also over restarts; 0 where nothing was ever recorded.</summary>
    public long Version => _state.Version;

    /// <summary>When something was last recorded, UTC: the clock was there once, whatever it says now.</summary>
    public DateTime LastRecordedAt => _state.LastRecordedAt;

    public IReadOnlyDictionary<string, EntityKind> Kinds => Tables.Kinds;
    public IReadOnlyDictionary<string, DataClassDefinition> DataClasses => Tables.DataClasses;
    public IReadOnlyDictionary<string, Entity> Entities => Tables.Entities;
    public IReadOnlyDictionary<string, EntityApplication> Applications => Tables.Applications;
    public IReadOnlyDictionary<string, Individual> Individuals => Tables.Individuals;
    public IReadOnlyDictionary<string, Stewardship> Stewardships => Tables.Stewardships;
    public IReadOnlyDictionary<string, Tenancy> Tenancies => Tables.Tenancies;

    /// <summary>By portal.</summary>
    public IReadOnlyDictionary<string, Premises> Premises => Tables.Premises;

    public IReadOnlyDictionary<string, AccessRule> Rules => Tables.Rules;
    public IReadOnlyDictionary<string, Agreement> Agreements => Tables.Agreements;

    /// <summary>Told of each change once it is stored, one at a time, in order, before <see cref="ApplyAsync"/> returns. Returns soon, and changes nothing itself.</summary>
    public event Action<DirectoryChange>? Changed;

    /// <summary>Changes records: all of these or none. What is so already is left out.</summary>
    /// <param name="upserts">Records of the directory, new or in place of those with the same id, and <see cref="DirectoryRemoval"/>s.</param>
    /// <param name="author">Who: the id of an individual or application, or the name of a part of the server.</param>
    /// <param name="reason">Why, for people.</param>
    /// <exception cref="DirectoryException">Nothing was changed; the message says why.</exception>
    public async Task<DirectoryChange> ApplyAsync(IReadOnlyList<object> upserts, string author, string reason, CancellationToken cancellation = default)
    {
        if (upserts.Count > MaxRecordsPerChange) throw new DirectoryException($"A change has at most {MaxRecordsPerChange} records; this one has {upserts.Count}.");
        if (author.Length is 0 or > MaxReasonLength || reason.Length is 0 or > MaxReasonLength) throw new DirectoryException($"Author and reason are wanted, of at most {MaxReasonLength} characters.");
        await _writing.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            await SettleAsync(cancellation).ConfigureAwait(false);
            var change = new ChangeBuilder(_state.Tables, _versions);
            foreach (var upsert in upserts) change.Add(upsert);
            if (change.Changes.Count == 0) return new DirectoryChange(_state.Version, _state.LastRecordedAt, author, reason, [], _state.Tables);
            var tables = _state.Tables.With(change.Changes);
            new ChangeCheck(_state.Tables, tables, _options).Check(change.Changes);
            var next = new DirectoryState(tables, _state.Version + 1, NextInstant());
            var applied = new Applied(next, new DirectoryChange(next.Version, next.LastRecordedAt, author, reason, change.Changes, tables), change.Versions);
            await StoreAsync(change.Stored(next.Version, next.LastRecordedAt, author, reason), applied).ConfigureAwait(false);
            Adopt(applied);
            return applied.Change;
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>Gives namespaces to models that come: no entity gets one from now on.</summary>
    /// <param name="take">Takes them, while the directory does not change; where it throws, nothing is reserved.</param>
    /// <exception cref="DirectoryException">An entity has one.</exception>
    internal async Task ReserveAsync(IReadOnlyCollection<string> namespaceUris, Action take, CancellationToken cancellation)
    {
        await _writing.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            foreach (var uri in namespaceUris)
                if (_state.Tables.UseOfNamespace(uri) is not null) throw new DirectoryException($"The namespace {uri} is that of an entity of the directory.");
            take();
            _options = _options with { ReservedNamespaces = new HashSet<string>(_options.ReservedNamespaces.Concat(namespaceUris), StringComparer.Ordinal) };
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>Whether records would change anything, were they applied now; nothing is.</summary>
    /// <exception cref="DirectoryException">They could not be; the message says why.</exception>
    internal async Task<bool> WouldChangeAsync(IReadOnlyList<object> upserts, CancellationToken cancellation)
    {
        await _writing.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            var change = new ChangeBuilder(_state.Tables, _versions);
            foreach (var upsert in upserts) change.Add(upsert);
            new ChangeCheck(_state.Tables, _state.Tables.With(change.Changes), _options).Check(change.Changes);
            return change.Changes.Count > 0;
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>The tables as they were recorded at an instant, UTC.</summary>
    public async Task<DirectoryTables> AsOfAsync(DateTime at, CancellationToken cancellation = default)
    {
        var state = _state;
        if (at >= state.LastRecordedAt) return state.Tables;
        await _lookingBack.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            var loader = new DirectoryLoader();
            await loader.LoadAsync(_store, at, cancellation).ConfigureAwait(false);
            return loader.Tables();
        }
        finally
        {
            _lookingBack.Release();
        }
    }

    // Once begun it is not given up: whether half of it was stored could not be told.
    private async Task StoreAsync(IReadOnlyList<StoredRecord> records, Applied applied)
    {
        try
        {
            await _store.AppendAsync(records, CancellationToken.None).ConfigureAwait(false);
        }
        catch (RecordConflictException conflict)
        {
            throw new DirectoryException($"{conflict.Message} Another server writes to the same store: one of them has to stop, and this one to start anew.", conflict);
        }
        catch (StorageException unavailable)
        {
            _unsettled = applied;
            throw new DirectoryException($"It could not be stored: {unavailable.Message}", unavailable);
        }
    }

    // A connection that breaks during the commit leaves open whether there was one: before anything else is changed, the store says.
    private async Task SettleAsync(CancellationToken cancellation)
    {
        if (_unsettled is not { } applied) return;
        var loader = new DirectoryLoader();
        await loader.LoadAsync(_store, null, cancellation).ConfigureAwait(false);
        _unsettled = null;
        if (loader.Version == applied.State.Version) Adopt(applied);
    }

    private void Adopt(Applied applied)
    {
        _versions.Set(applied.Change.Changes, applied.Versions);
        _state = applied.State;
        Tell(applied.Change);
    }

    // What is recorded later never seems to be earlier, whatever becomes of the clock: evidence goes by the order.
    private DateTime NextInstant()
    {
        var now = _time.GetUtcNow().UtcDateTime;
        var last = _state.LastRecordedAt;
        if (now >= last) return now;
        LogClockSetBack(_logger, now, last);
        return last;
    }

    private void Tell(DirectoryChange change)
    {
        foreach (var listener in Changed?.GetInvocationList() ?? [])
        {
            try
            {
                ((Action<DirectoryChange>)listener)(change);
            }
            catch (Exception failed)
            {
                // The change is stored: one part that fails over it keeps nobody else from hearing of it.
                LogListenerFailed(_logger, change.Version, failed);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync().ConfigureAwait(false);
        _writing.Dispose();
        _lookingBack.Dispose();
    }

    private sealed record Applied(DirectoryState State, DirectoryChange Change, IReadOnlyList<int> Versions);

    private sealed record DirectoryState(DirectoryTables Tables, long Version, DateTime LastRecordedAt);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The clock was set back: it says {Now:O}, but the directory was changed at {Last:O} already. Changes are recorded with that instant until the clock has passed it.")]
    private static partial void LogClockSetBack(ILogger logger, DateTime now, DateTime last);

    [LoggerMessage(Level = LogLevel.Error, Message = "A part of the server failed over version {Version} of the directory.")]
    private static partial void LogListenerFailed(ILogger logger, long version, Exception failed);
}
