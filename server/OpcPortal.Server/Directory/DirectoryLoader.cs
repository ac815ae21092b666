using System.Globalization;
using System.Text.Json;
using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>Makes tables from what a store has.</summary>
internal sealed class DirectoryLoader
{
    // Some milliseconds of work: less would go into passing it on.
    private const int BatchSize = 8_192;

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
        var reading = new List<StoredRecord>(BatchSize);
        // One batch is understood while the next is read: that is where the time of a start goes.
        var understanding = Task.FromResult(new Batch([], []));
        try
        {
            await foreach (var stored in store.LoadAsync(asOf, cancellation).ConfigureAwait(false))
            {
                reading.Add(stored);
                if (reading.Count < BatchSize) continue;
                Add(await understanding.ConfigureAwait(false));
                var batch = reading;
                understanding = Task.Run(() => Understand(batch), CancellationToken.None);
                reading = new List<StoredRecord>(BatchSize);
            }
        }
        catch (StorageException unavailable)
        {
            throw new DirectoryException($"The directory cannot be loaded: {unavailable.Message}", unavailable);
        }
        finally
        {
            await ((Task)understanding).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        Add(await understanding.ConfigureAwait(false));
        Add(Understand(reading));
    }

    // In parallel with others: nothing of the loader itself is touched.
    private static Batch Understand(List<StoredRecord> stored)
    {
        var records = new object?[stored.Count];
        for (var i = 0; i < records.Length; i++) records[i] = stored[i].Kind == RecordKinds.Change ? null : Understand(stored[i]);
        return new Batch(stored, records);
    }

    private static object? Understand(StoredRecord stored)
    {
        var kind = RecordKinds.Find(stored.Kind) ?? throw new DirectoryException($"The store has a {stored.Kind} '{stored.Id}', which this server does not know: it was written by a newer one.");
        try
        {
            return stored.Body is null ? null : kind.Read(stored.Body);
        }
        catch (JsonException wrong)
        {
            throw new DirectoryException($"The {stored.Kind} '{stored.Id}' of the store cannot be read: {wrong.Message}", wrong);
        }
    }

    private void Add(Batch batch)
    {
        for (var i = 0; i < batch.Records.Length; i++) Add(batch.Stored[i], batch.Records[i]);
    }

    private void Add(StoredRecord stored, object? record)
    {
        if (stored.RecordedAt > LastRecordedAt) LastRecordedAt = stored.RecordedAt;
        if (stored.Kind == RecordKinds.Change)
        {
            Version = Math.Max(Version, long.Parse(stored.Id, CultureInfo.InvariantCulture));
            return;
        }

        Versions.Set(stored.Kind, stored.Id, stored.Version);
        if (record is not null) _records.Add(new RecordChange(stored.Kind, stored.Id, null, Shared(record)));
    }

    private sealed record Batch(IReadOnlyList<StoredRecord> Stored, object?[] Records);

    private object Shared(object record) => record switch
    {
        Entity entity => entity with
        {
            Kind = Shared(entity.Kind),
            NamespaceUri = Shared(entity.NamespaceUri),
            CustomerClass = SharedOrNull(entity.CustomerClass),
            Jurisdiction = SharedOrNull(entity.Jurisdiction),
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
