using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>
/// The ids of all entities in the order in which they came, so that a walk over a million of them can stop and go on while others come. None goes: the directory ends their periods, and
/// keeps them. Thread-safe.
/// </summary>
internal sealed class EntityList
{
    private readonly Lock _gate = new();
    private string[] _ids;
    private int _count;

    public EntityList(PortalDirectory directory)
    {
        // Heard before read: what comes meanwhile is not missed, and the gate keeps it for later.
        lock (_gate)
        {
            directory.Changed += OnChanged;
            _ids = [.. directory.Entities.Keys];
            _count = _ids.Length;
        }
    }

    /// <returns>False after the last.</returns>
    public bool TryGet(long index, out string id)
    {
        var count = Volatile.Read(ref _count);
        id = index < count ? Volatile.Read(ref _ids)[index] : "";
        return index < count;
    }

    private void OnChanged(DirectoryChange change)
    {
        lock (_gate)
        {
            foreach (var record in change.Changes)
                if (record is { Before: null, After: Entity }) Append(record.Id);
        }
    }

    private void Append(string id)
    {
        if (_count == _ids.Length)
        {
            var larger = new string[Math.Max(16, _count * 2)];
            _ids.CopyTo(larger, 0);
            Volatile.Write(ref _ids, larger);
        }

        _ids[_count] = id;
        Volatile.Write(ref _count, _count + 1);
    }
}
