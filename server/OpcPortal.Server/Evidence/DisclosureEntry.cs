using System.Text.Json;
using System.Text.Json.Serialization;
using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>What a row of class Disclosure tells: of something that was seen or commanded, or of something that was refused.</summary>
public sealed record DisclosureEntry
{
    /// <summary>The type of rows of what was granted.</summary>
    public const string TypeName = "Disclosure";

    /// <summary>The type of rows of what was refused.</summary>
    public const string RefusalTypeName = "Refusal";

    /// <summary>When it was granted, UTC; within the hour that follows it may have been used again.</summary>
    public required DateTime At { get; init; }

    public required AccessSubject Who { get; init; }

    /// <summary>The owner at that time.</summary>
    public string? Owner { get; init; }

    /// <summary>The customer of the premises at that time.</summary>
    public string? Customer { get; init; }

    public required string Portal { get; init; }

    /// <summary>Null: the portal itself.</summary>
    public string? Device { get; init; }

    public required string DataClass { get; init; }

    /// <summary>Read, ReadHistory, Write, Call or EditHistory.</summary>
    public required Operations Operation { get; init; }

    /// <summary>Of history the stretch that was read, in whole days or up to the present, UTC; null for other operations.</summary>
    public DateTime? From { get; init; }

    /// <inheritdoc cref="From"/>
    public DateTime? Until { get; init; }

    /// <summary>The layer that allowed it; null where it could not be told.</summary>
    public PolicyLayer? Layer { get; init; }

    /// <summary>The agreement or rule that allowed it, or refused it.</summary>
    public string? AllowedBy { get; init; }

    /// <summary>Whose record it is, and who alone may read it.</summary>
    public string Party => PartyOf(Customer, Owner) ?? "";

    /// <summary>The customer's, where there is one; what no customer has anything to do with is the owner's.</summary>
    public static string? PartyOf(string? customer, string? owner) => customer ?? owner;

    internal static DisclosureEntry Of(Disclosure disclosure, Decision? decision) => new()
    {
        At = disclosure.At,
        Who = disclosure.Who,
        Owner = disclosure.Owner,
        Customer = disclosure.Customer,
        Portal = disclosure.Portal,
        Device = disclosure.Device,
        DataClass = disclosure.DataClass,
        Operation = disclosure.Operation,
        From = disclosure.From,
        Until = disclosure.Until,
        Layer = decision?.Layer,
        AllowedBy = decision?.Rule,
    };

    /// <summary>The body of its row; the time is the row's.</summary>
    public string ToBody() => JsonSerializer.Serialize(
        new DisclosureForm(AllowedBy, Who.Application, Customer, DataClass, Device, Who.Entity, From, Who.Individual, Who.Kind, Layer, Operation, Owner, Portal, Until), DisclosureJson.Default.DisclosureForm);

    /// <returns>False where the row tells of something else.</returns>
    public static bool TryRead(EvidenceRow row, out DisclosureEntry? entry)
    {
        ArgumentNullException.ThrowIfNull(row);
        entry = null;
        if (row.Type is not (TypeName or RefusalTypeName)) return false;
        try
        {
            if (JsonSerializer.Deserialize(row.Body, DisclosureJson.Default.DisclosureForm) is not { } form) return false;
            entry = form.At(row.Time);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}

// Its members in ordinal order, as in every body.
internal sealed record DisclosureForm(
    string? AllowedBy, string? Application, string? Customer, string DataClass, string? Device, string? Entity, DateTime? From, string? Individual, string? Kind, PolicyLayer? Layer, Operations Operation, string? Owner,
    string Portal, DateTime? Until)
{
    public DisclosureEntry At(DateTime time) => new()
    {
        At = time,
        Who = new AccessSubject(Entity, Kind, Application, Individual),
        Owner = Owner,
        Customer = Customer,
        Portal = Portal,
        Device = Device,
        DataClass = DataClass,
        Operation = Operation,
        From = From,
        Until = Until,
        Layer = Layer,
        AllowedBy = AllowedBy,
    };
}

[JsonSourceGenerationOptions(UseStringEnumConverter = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(DisclosureForm))]
internal sealed partial class DisclosureJson : JsonSerializerContext;
