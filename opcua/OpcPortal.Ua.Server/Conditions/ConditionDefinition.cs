namespace OpcPortal.Ua.Server;

/// <summary>What a condition is, apart from its state. Part 9 5.5.2 (ConditionType), 5.8.2 (AlarmConditionType).</summary>
public sealed record ConditionDefinition
{
    /// <summary>The ConditionId: the id of a node that need not be in the address space. Part 9 5.5.2.</summary>
    public required NodeId Id { get; init; }

    /// <summary>AlarmConditionType or a subtype.</summary>
    public required NodeId TypeId { get; init; }

    /// <summary>What is in that condition: who may see its events sees the condition, who may call its methods may acknowledge.</summary>
    public required NodeId SourceNode { get; init; }

    public required string SourceName { get; init; }

    /// <summary>Unique at the source. Part 9 5.5.2 (ConditionName).</summary>
    public required string Name { get; init; }

    /// <summary>A subtype of BaseConditionClassType. Part 9 5.9.</summary>
    public NodeId ClassId { get; init; } = ObjectTypeIds.SystemConditionClassType;

    public string ClassName { get; init; } = "SystemConditionClassType";

    /// <summary>Whether it must be confirmed after it was acknowledged. Part 9 5.7.2 (ConfirmedState).</summary>
    public bool IsConfirmable { get; init; }

    /// <summary>The Variable that it is found by; null: none. Part 9 5.8.2 (InputNode).</summary>
    public NodeId InputNode { get; init; }

    /// <summary>What its type has beside, by browse path.</summary>
    public IReadOnlyDictionary<string, Variant> Fields { get; init; } = new Dictionary<string, Variant>();

    /// <summary>Who may have its events, beside what holds for its source; null: all of them.</summary>
    public Func<AccessContext, bool>? Audience { get; init; }

    /// <summary>Whether its events may be kept to be read again. <see cref="UaEvent.IsArchived"/></summary>
    public bool IsArchived { get; init; } = true;
}

/// <summary>What made a condition become active, or not.</summary>
/// <param name="Time">When it happened, UTC.</param>
/// <param name="Severity">1 to 1000. Part 5 6.4.2.</param>
/// <param name="Quality">Of what it was found by.</param>
public readonly record struct ConditionCause(DateTime Time, LocalizedText Message, ushort Severity, StatusCode Quality = default);

/// <summary>Where an alarm is put aside. Part 9 5.8.17 (ShelvedStateMachineType).</summary>
public enum ConditionShelving : byte
{
    /// <summary>It is not.</summary>
    Unshelved,

    /// <summary>Until a time.</summary>
    Timed,

    /// <summary>Until it is inactive.</summary>
    OneShot,
}
