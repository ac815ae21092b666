using OpcPortal.Adapters;
using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>Kinds, data classes and entities.</summary>
internal static class EntityFileReader
{
    public static EntityKind Kind(ConfigElement item) => new(item.Get("id").Id(), item.Get("name").Text(256), item.Find("isNaturalPerson")?.Boolean() ?? false);

    public static DataClassDefinition DataClass(ConfigElement item) => new(item.Get("name").Id(), item.Get("number").Integer(1, DataClassDefinition.MaxNumber));

    public static Entity Entity(ConfigElement item) => new()
    {
        Id = item.Get("id").Id(),
        Kind = item.Get("kind").Text(),
        Name = item.Get("name").Text(256),
        NamespaceUri = item.Get("namespace").Text(512),
        CustomerClass = item.Optional("customerClass", RecordNames.MaxLength),
        Jurisdiction = item.Optional("jurisdiction", RecordNames.MaxLength),
        Active = item.Period(),
    };
}

/// <summary>Stewardships, tenancies and premises.</summary>
internal static class OwnershipFileReader
{
    public static Stewardship Stewardship(ConfigElement item) => new()
    {
        Id = item.Get("id").Id(),
        Portal = item.Get("portal").Id(),
        Device = item.Find("device")?.Id(),
        DataClass = item.Optional("dataClass"),
        Owner = item.Optional("owner"),
        Custodian = item.Optional("custodian"),
        Operator = item.Optional("operator"),
        Period = item.Period(),
    };

    public static Tenancy Tenancy(ConfigElement item) => new() { Id = item.Get("id").Id(), Portal = item.Get("portal").Id(), Customer = item.Get("customer").Text(), Period = item.Period() };

    public static Premises Premises(ConfigElement item) => new() { Portal = item.Get("portal").Id(), Jurisdiction = item.Optional("jurisdiction", RecordNames.MaxLength), Flags = item.Words("flags") };
}
