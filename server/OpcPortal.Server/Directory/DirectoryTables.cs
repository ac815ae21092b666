using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>All records of the directory at one time. It never changes: whoever holds it sees one state throughout.</summary>
public sealed class DirectoryTables
{
    private readonly IReadOnlyDictionary<RecordKind, object> _tables;
    private readonly DirectoryIndexes _indexes;

    private DirectoryTables(IReadOnlyDictionary<RecordKind, object> tables, DirectoryIndexes indexes)
    {
        _tables = tables;
        _indexes = indexes;
    }

    /// <summary>What is known before anything is recorded: the kinds and data classes of the mission.</summary>
    internal static DirectoryTables WellKnown { get; } = new DirectoryTables(RecordKinds.All.ToDictionary(kind => kind, kind => kind.EmptyTable), DirectoryIndexes.Empty).With(
    [
        .. EntityKind.WellKnown.Select(kind => new RecordChange(RecordKinds.Kind.Name, kind.Id, null, kind)),
        .. DataClassDefinition.WellKnown.Select(known => new RecordChange(RecordKinds.DataClass.Name, known.Name, null, known)),
    ]);

    public IReadOnlyDictionary<string, EntityKind> Kinds => Table(RecordKinds.Kind);
    public IReadOnlyDictionary<string, DataClassDefinition> DataClasses => Table(RecordKinds.DataClass);
    public IReadOnlyDictionary<string, Entity> Entities => Table(RecordKinds.Entity);
    public IReadOnlyDictionary<string, EntityApplication> Applications => Table(RecordKinds.Application);
    public IReadOnlyDictionary<string, Individual> Individuals => Table(RecordKinds.Individual);
    public IReadOnlyDictionary<string, Stewardship> Stewardships => Table(RecordKinds.Stewardship);
    public IReadOnlyDictionary<string, Tenancy> Tenancies => Table(RecordKinds.Tenancy);

    /// <summary>By portal.</summary>
    public IReadOnlyDictionary<string, Premises> Premises => Table(RecordKinds.Premises);

    public IReadOnlyDictionary<string, AccessRule> Rules => Table(RecordKinds.Rule);
    public IReadOnlyDictionary<string, Agreement> Agreements => Table(RecordKinds.Agreement);

    /// <summary>Changes that were proposed and wait for approvals; what became of the others stands in the store.</summary>
    public IReadOnlyDictionary<string, PendingChange> PendingChanges => Table(RecordKinds.PendingChange);

    public IReadOnlyDictionary<string, DirectoryDocument> Documents => Table(RecordKinds.Document);

    /// <param name="thumbprint">SHA-256, upper-case hexadecimal; null finds nothing.</param>
    public EntityApplication? ApplicationOfCertificate(string? thumbprint) => thumbprint is null ? null : _indexes.ApplicationsByThumbprint.GetValueOrDefault(thumbprint);

    /// <inheritdoc cref="ApplicationOfCertificate"/>
    public Individual? IndividualOfCertificate(string? thumbprint) => thumbprint is null ? null : _indexes.IndividualsByThumbprint.GetValueOrDefault(thumbprint);

    public Individual? IndividualOfUserName(string? userName) => userName is null ? null : _indexes.IndividualsByUserName.GetValueOrDefault(userName);

    /// <summary>Who lives or lived at the premises of a portal, in no particular order.</summary>
    public IReadOnlyList<Tenancy> TenanciesOf(string portal) => _indexes.TenanciesByPortal.GetValueOrDefault(portal) ?? [];

    /// <summary>What was said of a portal and its devices, in no particular order.</summary>
    public IReadOnlyList<Stewardship> StewardshipsOf(string portal) => _indexes.StewardshipsByPortal.GetValueOrDefault(portal) ?? [];

    /// <summary>Whose a namespace is; null where no entity has it.</summary>
    internal NamespaceUse? UseOfNamespace(string uri) => _indexes.NamespaceUses.GetValueOrDefault(uri);

    internal object? Find(RecordKind kind, string id) => kind.Find(_tables[kind], id);

    internal DirectoryTables With(IReadOnlyList<RecordChange> changes)
    {
        var tables = new Dictionary<RecordKind, object>(_tables);
        var byKind = new Dictionary<string, List<RecordChange>>(StringComparer.Ordinal);
        foreach (var change in changes)
        {
            if (!byKind.TryGetValue(change.Kind, out var same)) byKind[change.Kind] = same = [];
            same.Add(change);
        }

        foreach (var (name, same) in byKind)
        {
            var kind = RecordKinds.Find(name)!;
            tables[kind] = kind.Change(tables[kind], same);
        }

        return new DirectoryTables(tables, _indexes.With(changes, (LayeredTable<EntityKind>)tables[RecordKinds.Kind]));
    }

    private LayeredTable<T> Table<T>(RecordKind<T> kind) where T : class => (LayeredTable<T>)_tables[kind];
}
