using System.Text.Json;
using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>A kind of record: the name that the store has for it, and how it is written.</summary>
internal abstract class RecordKind
{
    private protected RecordKind(string name, Type type, bool isRemovable)
    {
        Name = name;
        Type = type;
        IsRemovable = isRemovable;
    }

    public string Name { get; }
    public Type Type { get; }

    /// <summary>Whether a record may be taken out. What others refer to is ended instead, and what is evidence stays.</summary>
    public bool IsRemovable { get; }

    public abstract string IdOf(object record);

    public string Write(object record) => JsonSerializer.Serialize(record, Type, DirectoryJson.Options);

    /// <exception cref="JsonException">It is none.</exception>
    public object Read(string json) => JsonSerializer.Deserialize(json, Type, DirectoryJson.Options) ?? throw new JsonException("It is empty.");

    /// <summary>A table of such records with some changed.</summary>
    /// <param name="changes">All of this kind.</param>
    public abstract object Change(object table, IReadOnlyList<RecordChange> changes);

    public abstract object? Find(object table, string id);
    public abstract object EmptyTable { get; }
}

/// <inheritdoc/>
internal sealed class RecordKind<T>(string name, Func<T, string> id, bool isRemovable) : RecordKind(name, typeof(T), isRemovable) where T : class
{
    public override object EmptyTable => LayeredTable<T>.Empty;

    public override string IdOf(object record) => id((T)record);

    public override object? Find(object table, string recordId) => ((LayeredTable<T>)table).GetValueOrDefault(recordId);

    public override object Change(object table, IReadOnlyList<RecordChange> changes)
    {
        var changed = new Dictionary<string, T?>(changes.Count, StringComparer.Ordinal);
        // A decided change waits no longer: the table is of those that do.
        foreach (var change in changes) changed[change.Id] = change.After is PendingChange { Status: not ChangeStatus.Pending } ? null : (T?)change.After;
        return ((LayeredTable<T>)table).With(changed);
    }
}

/// <summary>The kinds of records of the directory.</summary>
internal static class RecordKinds
{
    public static readonly RecordKind<EntityKind> Kind = new("kind", record => record.Id, isRemovable: false);
    public static readonly RecordKind<DataClassDefinition> DataClass = new("data-class", record => record.Name, isRemovable: false);
    public static readonly RecordKind<Entity> Entity = new("entity", record => record.Id, isRemovable: false);
    public static readonly RecordKind<EntityApplication> Application = new("application", record => record.Id, isRemovable: false);
    public static readonly RecordKind<Individual> Individual = new("individual", record => record.Id, isRemovable: false);
    public static readonly RecordKind<Stewardship> Stewardship = new("stewardship", record => record.Id, isRemovable: true);
    public static readonly RecordKind<Tenancy> Tenancy = new("tenancy", record => record.Id, isRemovable: true);
    public static readonly RecordKind<Premises> Premises = new("premises", record => record.Portal, isRemovable: true);
    public static readonly RecordKind<AccessRule> Rule = new("rule", record => record.Id, isRemovable: true);
    public static readonly RecordKind<Agreement> Agreement = new("agreement", record => record.Id, isRemovable: false);
    public static readonly RecordKind<PendingChange> PendingChange = new("pending-change", record => record.Id, isRemovable: false);
    public static readonly RecordKind<DirectoryDocument> Document = new("document", record => record.Id, isRemovable: true);

    /// <summary>One record for each change of the directory: who changed it and why. It is no table.</summary>
    public const string Change = "change";

    public static IReadOnlyList<RecordKind> All { get; } =
        [Kind, DataClass, Entity, Application, Individual, Stewardship, Tenancy, Premises, Rule, Agreement, PendingChange, Document];

    private static readonly Dictionary<string, RecordKind> ByName = All.ToDictionary(kind => kind.Name, StringComparer.Ordinal);
    private static readonly Dictionary<Type, RecordKind> ByType = All.ToDictionary(kind => kind.Type);

    public static RecordKind? Find(string name) => ByName.GetValueOrDefault(name);

    public static RecordKind? Of(object record) => ByType.GetValueOrDefault(record.GetType());
}
