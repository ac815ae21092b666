using System.Collections.Concurrent;
using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>
/// Ids of agreements by party, in the order in which they came. Agreements are never taken out and keep their parties, so the lists only grow: a walk over one goes on where it stood. Thread-safe.
/// </summary>
public sealed class AgreementIndex : IDisposable
{
    private readonly PortalDirectory _directory;
    private readonly ConcurrentDictionary<string, IdList> _byParty = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int> _proposals = new(StringComparer.Ordinal);
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();

    public AgreementIndex(PortalDirectory directory)
    {
        _directory = directory;
        directory.Changed += OnChanged;
        foreach (var agreement in directory.Agreements.Values.OrderBy(static agreement => agreement.Acts.Count == 0 ? default : agreement.Acts[0].At).ThenBy(static agreement => agreement.Id, StringComparer.Ordinal)) Add(agreement);
    }

    /// <summary>All of them.</summary>
    public IdList All { get; } = new();

    /// <summary>Those of which an entity is a party.</summary>
    public IdList Of(string entity) => _byParty.GetValueOrDefault(entity) ?? IdList.Empty;

    /// <summary>How many an entity has put forward, ever.</summary>
    public int ProposalsOf(string entity) => _proposals.GetValueOrDefault(entity);

    public void Dispose() => _directory.Changed -= OnChanged;

    private void OnChanged(DirectoryChange change)
    {
        foreach (var record in change.Changes)
            if (record is { Before: null, After: Agreement agreement }) Add(agreement);
    }

    private void Add(Agreement agreement)
    {
        lock (_gate)
        {
            // What came while the index was made comes twice.
            if (!_known.Add(agreement.Id)) return;
            All.Add(agreement.Id);
            _byParty.GetOrAdd(agreement.Terms.Grantor, static _ => new IdList()).Add(agreement.Id);
            _byParty.GetOrAdd(agreement.Terms.Grantee, static _ => new IdList()).Add(agreement.Id);
            if (agreement.Acts.Count > 0) _proposals.AddOrUpdate(agreement.Acts[0].Party, 1, static (_, count) => count + 1);
        }
    }
}

/// <summary>Ids in the order in which they came. One adds at a time; readers need no lock.</summary>
public sealed class IdList
{
    internal static readonly IdList Empty = new();

    private string[] _ids = [];
    private int _count;

    public int Count => Volatile.Read(ref _count);

    /// <param name="index">Below a <see cref="Count"/> that was read before.</param>
    public string this[int index] => Volatile.Read(ref _ids)[index];

    internal void Add(string id)
    {
        if (_count == _ids.Length)
        {
            var grown = new string[Math.Max(4, _count * 2)];
            _ids.CopyTo(grown, 0);
            Volatile.Write(ref _ids, grown);
        }

        _ids[_count] = id;
        Volatile.Write(ref _count, _count + 1);
    }
}
