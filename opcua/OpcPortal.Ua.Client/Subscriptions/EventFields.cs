namespace OpcPortal.Ua.Client;

/// <summary>Event filters by the names of fields. Part 4 7.22.3, Part 5 6.4.2.</summary>
public static class EventFields
{
    /// <summary>A filter that selects fields of BaseEventType and lets all events pass.</summary>
    /// <param name="fields">Browse paths such as "Message" or "1:Device/1:Name".</param>
    public static EventFilter Filter(params IReadOnlyList<string> fields)
    {
        ArgumentNullException.ThrowIfNull(fields);
        return new EventFilter { SelectClauses = [.. fields.Select(Select)] };
    }

    // Part 4 7.22.3: the type BaseEventType stands for the event's own type too where the path is found there.
    private static SimpleAttributeOperand Select(string field) => new()
    {
        TypeDefinitionId = ObjectTypeIds.BaseEventType,
        BrowsePath = [.. field.Split('/').Select(QualifiedName.Parse)],
        AttributeId = AttributeIds.Value,
    };
}
