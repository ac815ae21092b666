using System.Globalization;
using System.Text.Json;
using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>Makes tables from what a store has.</summary>
internal sealed class DirectoryLoader
{
    private readonly List<RecordChange> _records = [];
    // The same few texts stand in a million records: one of each is enough.
    private readonly Dictionary<string, string> _texts = new(StringComparer.Ordinal);

    public RecordVersions Versions { get; } = new();

    /// <summary>The number of the last change; 0 where there is none.</summary>
    public long Version { get; private set; }

    /// <summary>When it was recorded.</summary>
    public DateTime LastRecordedAt { get; private set; } = DateTime.MinValue;

    public DirectoryTables Tables() => DirectoryTables.WellKnown.With(_records);

    /// <exception cref="DirectoryException">It has what this server does not understand.</exception>
    public async Task LoadAsync(IRecordStore store, DateTime? asOf, CancellationToken cancellation)
    {
        try
        {
            await foreach (var stored in store.LoadAsync(asOf, cancellation).ConfigureAwait(false)) Add(stored);
        }
        catch (StorageException unavailable)
        {
            throw new DirectoryException($"The directory cannot be loaded: {unavailable.Message}", unavailable);
        }
    }

    private void Add(StoredRecord stored)
    {
        if (stored.RecordedAt > LastRecordedAt) LastRecordedAt = stored.RecordedAt;
        if (stored.Kind == RecordKinds.Change)
        {
            Version = Math.Max(Version, long.Parse(stored.Id, CultureInfo.InvariantCulture));
            return;
        }

        var kind = RecordKinds.Find(stored.Kind) ?? throw new DirectoryException($"The store has a {stored.Kind} '{stored.Id}', which this server does not know: it was written by a newer one.");
        Versions.Set(kind.Name, stored.Id, stored.Version);
        if (stored.Body is null) return;
        try
        {
            var record = Shared(kind.Read(stored.Body));
            _records.Add(new RecordChange(kind.Name, kind.IdOf(record), null, record));
        }
        catch (JsonException wrong)
        {
            throw new DirectoryException($"The {stored.Kind} '{stored.Id}' of the store cannot be read: {wrong.Message}", wrong);
        }
    }

    private object Shared(object record) => record switch
    {
        Entity entity => entity with
        {
            Kind = Shared(entity.Kind), NamespaceUri = Shared(entity.NamespaceUri), CustomerClass = SharedOrNull(entity.CustomerClass), Jurisdiction = SharedOrNull(entity.Jurisdiction),
        },
        Stewardship stewardship => stewardship with { DataClass = SharedOrNull(stewardship.DataClass), Owner = SharedOrNull(stewardship.Owner), Custodian = SharedOrNull(stewardship.Custodian), Operator = SharedOrNull(stewardship.Operator) },
        Premises premises => premises with { Jurisdiction = SharedOrNull(premises.Jurisdiction), Flags = premises.Flags.Count == 0 ? [] : [.. premises.Flags.Select(Shared)] },
        _ => record,
    };

    private string Shared(string text)
    {
        if (_texts.TryGetValue(text, out var known)) return known;
        _texts[text] = text;
        return text;
    }

    private string? SharedOrNull(string? text) => text is null ? null : Shared(text);
}
