namespace OpcPortal.Server;

/// <summary>The newest version of each record that was ever stored. Most have the first alone, which is not held.</summary>
internal sealed class RecordVersions
{
    private readonly Dictionary<(string Kind, string Id), int> _later = [];

    /// <param name="isThere">Whether the directory has the record.</param>
    public int Of(string kind, string id, bool isThere) => _later.TryGetValue((kind, id), out var version) ? version : isThere ? 1 : 0;

    public void Set(string kind, string id, int version)
    {
        if (version > 1) _later[(kind, id)] = version;
    }

    public void Set(IReadOnlyList<RecordChange> changes, IReadOnlyList<int> versions)
    {
        for (var i = 0; i < changes.Count; i++) Set(changes[i].Kind, changes[i].Id, versions[i]);
    }
}
