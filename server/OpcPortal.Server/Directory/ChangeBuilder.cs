using System.Globalization;
using System.Text.Json;
using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>Makes one change of many records: what is so already is left out, and none is there twice.</summary>
internal sealed class ChangeBuilder(DirectoryTables tables, RecordVersions versions)
{
    private readonly List<RecordChange> _changes = [];
    private readonly List<int> _versions = [];
    private readonly List<string?> _bodies = [];
    private readonly HashSet<(string Kind, string Id)> _ids = [];

    public IReadOnlyList<RecordChange> Changes => _changes;

    /// <summary>The version that each change makes.</summary>
    public IReadOnlyList<int> Versions => _versions;

    /// <exception cref="DirectoryException">It is no record, or stands there twice.</exception>
    public void Add(object upsert)
    {
        if (upsert is DirectoryRemoval removal) Remove(removal);
        else Put(RecordKinds.Of(upsert) ?? throw new DirectoryException($"A {upsert.GetType().Name} is no record of the directory."), upsert);
    }

    private void Put(RecordKind kind, object record)
    {
        var id = kind.IdOf(record);
        if (!RecordNames.IsId(id)) throw new DirectoryException($"'{id}' cannot name a {kind.Name}: {RecordNames.Rule}.");
        Claim(kind, id);
        var before = tables.Find(kind, id);
        var body = kind.Write(record);
        if (before is not null && kind.Write(before) == body) return;
        Note(new RecordChange(kind.Name, id, before, record), body);
    }

    private void Remove(DirectoryRemoval removal)
    {
        var kind = RecordKinds.Find(removal.Kind) ?? throw new DirectoryException($"There is no kind of records '{removal.Kind}'.");
        if (!kind.IsRemovable) throw new DirectoryException($"A {kind.Name} is not removed: end its period.");
        Claim(kind, removal.Id);
        var before = tables.Find(kind, removal.Id) ?? throw new DirectoryException($"There is no {kind.Name} '{removal.Id}'.");
        Note(new RecordChange(kind.Name, removal.Id, before, null), null);
    }

    private void Claim(RecordKind kind, string id)
    {
        if (!_ids.Add((kind.Name, id))) throw new DirectoryException($"The {kind.Name} '{id}' is changed twice at once.");
    }

    private void Note(RecordChange change, string? body)
    {
        _changes.Add(change);
        _bodies.Add(body);
        _versions.Add(versions.Of(change.Kind, change.Id, change.Before is not null) + 1);
    }

    /// <summary>What the store is given: the records, and one that says who changed them and why. Its id is the change's number, which makes a conflict of two servers that write at once.</summary>
    public IReadOnlyList<StoredRecord> Stored(long version, DateTime at, string author, string reason)
    {
        var stored = new List<StoredRecord>(_changes.Count + 1);
        for (var i = 0; i < _changes.Count; i++) stored.Add(new StoredRecord(_changes[i].Kind, _changes[i].Id, _versions[i], at, author, _bodies[i]));
        var body = JsonSerializer.Serialize(new ChangeNote(reason, _changes.Count), DirectoryJson.Options);
        stored.Add(new StoredRecord(RecordKinds.Change, version.ToString("D12", CultureInfo.InvariantCulture), 1, at, author, body));
        return stored;
    }

    private sealed record ChangeNote(string Reason, int Records);
}

/// <summary>What names of records may be.</summary>
internal static class RecordNames
{
    /// <summary>Of the longest, a change with its number or a document with its part.</summary>
    public const int MaxLength = 64;

    public const string Rule = "letters, digits, '-', '.' and '_' are wanted, at most 64, a letter or digit first";

    /// <summary>Letters, digits, '-', '_' and '.' of ASCII, starting with a letter or digit: ids stand in NodeIds, where '@', '/' and ':' part them.</summary>
    public static bool IsId(string text) => Adapters.FleetNames.IsId(text);
}
