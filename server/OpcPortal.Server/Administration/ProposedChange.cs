using System.Security.Cryptography;
using System.Text;
using OpcPortal.Adapters;
using OpcPortal.Models;
using OpcPortal.Ua;

namespace OpcPortal.Server;

/// <summary>The records of a proposed change: how weighty they are, whom they concern, and what they rest on.</summary>
internal sealed class ProposedChange
{
    /// <summary>Characters of a document: a thousand records; more come by the files of the directory.</summary>
    public const int MaxDocumentLength = 256 * 1024;

    private readonly DirectoryTables _tables;

    private ProposedChange(IReadOnlyList<object> records, DirectoryTables tables)
    {
        Records = records;
        _tables = tables;
    }

    public IReadOnlyList<object> Records { get; }

    /// <exception cref="AdministrationException">BadInvalidArgument: the document is wrong.</exception>
    public static ProposedChange Read(string document, DirectoryTables tables)
    {
        if (document.Length is 0 or > MaxDocumentLength) throw new AdministrationException(StatusCodes.BadInvalidArgument, $"A document of 1 to {MaxDocumentLength} characters is wanted.");
        try
        {
            var records = DirectoryFile.Read("document", Encoding.UTF8.GetBytes(document), mayReadFiles: false);
            return records.Count > 0 ? new ProposedChange([.. records.Select(record => record.Record)], tables) : throw new AdministrationException(StatusCodes.BadInvalidArgument, "The document has no records.");
        }
        catch (ConfigurationException wrong)
        {
            throw new AdministrationException(StatusCodes.BadInvalidArgument, wrong.Message);
        }
    }

    /// <summary>That of the weightiest record.</summary>
    public ChangeWeight Weight => Records.Max(WeightOf);

    /// <summary>Whether it is about identities alone, which a Security Manager may propose.</summary>
    public bool IsOfIdentities => Records.All(record => record is EntityApplication or Individual);

    /// <summary>Whether an individual is among those whose record it changes.</summary>
    public bool Concerns(string individual) => Records.Any(record => record is Individual changed && changed.Id == individual);

    private ChangeWeight WeightOf(object record) => record switch
    {
        AccessRule or EntityKind or DataClassDefinition => ChangeWeight.Policy,
        DirectoryRemoval { Kind: "rule" } => ChangeWeight.Policy,
        Individual individual => individual.Power != ManagerPower.None || IsManager(individual.Id) ? ChangeWeight.Policy : ChangeWeight.Identity,
        EntityApplication => ChangeWeight.Identity,
        Entity entity => ChangesClasses(entity) ? ChangeWeight.Policy : ChangeWeight.Ordinary,
        _ => ChangeWeight.Ordinary,
    };

    private bool IsManager(string individual) => _tables.Individuals.TryGetValue(individual, out var known) && known.Power != ManagerPower.None;

    // A customer who comes into another class, and the first of a class of natural persons: rules go by classes.
    private bool ChangesClasses(Entity entity) => _tables.Entities.TryGetValue(entity.Id, out var known)
        ? known.CustomerClass != entity.CustomerClass
        : entity.CustomerClass is not null && _tables.Kinds.TryGetValue(entity.Kind, out var kind) && kind.IsNaturalPerson && _tables.UseOfNamespace(entity.NamespaceUri) is null;

    /// <summary>SHA-256 over the records that it changes as they are now.</summary>
    public string Basis()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var record in Records)
        {
            var (kind, id) = record is DirectoryRemoval removal ? (RecordKinds.Find(removal.Kind)!, removal.Id) : (RecordKinds.Of(record)!, RecordKinds.Of(record)!.IdOf(record));
            var known = _tables.Find(kind, id);
            hash.AppendData(Encoding.UTF8.GetBytes($"{kind.Name}/{id}\n{(known is null ? "" : kind.Write(known))}\n"));
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }
}
