using OpcPortal.Ua.NodeSets;

namespace OpcPortal.Ua.Server;

/// <summary>The attributes of a node that is held as a <see cref="NodeRecord"/>, by node class. Part 3 5, Table 1 of each class.</summary>
public static class StaticAttributes
{
    public static LocalizedText DisplayName(NodeRecord node, IReadOnlyList<string> locales) =>
        node.DisplayNames.Length > 0 ? LocalizedTexts.Choose(node.DisplayNames, locales) : new LocalizedText(node.BrowseName.Name);

    public static StatusCode Read(NodeRecord node, uint attributeId, IReadOnlyList<string> locales, out Variant value)
    {
        value = attributeId switch
        {
            AttributeIds.NodeId => node.NodeId,
            AttributeIds.NodeClass => Variant.FromEnum(node.NodeClass),
            AttributeIds.BrowseName => node.BrowseName,
            AttributeIds.DisplayName => DisplayName(node, locales),
            AttributeIds.Description when node.Descriptions.Length > 0 => LocalizedTexts.Choose(node.Descriptions, locales),
            AttributeIds.WriteMask => node.WriteMask,
            _ => node.NodeClass switch
            {
                NodeClass.Variable => OfVariable(node, attributeId),
                NodeClass.VariableType => OfVariableType(node, attributeId),
                _ => OfOthers(node, attributeId, locales),
            },
        };
        return value.IsNull && !(attributeId == AttributeIds.ArrayDimensions && node.ArrayDimensions is not null) ? StatusCodes.BadAttributeIdInvalid : StatusCodes.Good;
    }

    private static Variant OfVariable(NodeRecord node, uint attributeId) => attributeId switch
    {
        AttributeIds.AccessLevel => node.AccessLevel,
        AttributeIds.AccessLevelEx => node.AccessLevelEx,
        AttributeIds.MinimumSamplingInterval => node.MinimumSamplingInterval,
        AttributeIds.Historizing => node.Historizing,
        _ => OfValue(node, attributeId),
    };

    private static Variant OfVariableType(NodeRecord node, uint attributeId) => attributeId switch
    {
        AttributeIds.IsAbstract => node.IsAbstract,
        _ => OfValue(node, attributeId),
    };

    private static Variant OfValue(NodeRecord node, uint attributeId) => attributeId switch
    {
        AttributeIds.DataType => node.DataType,
        AttributeIds.ValueRank => node.ValueRank,
        AttributeIds.ArrayDimensions when node.ArrayDimensions is { } dimensions => new Variant(dimensions),
        _ => default,
    };

    private static Variant OfOthers(NodeRecord node, uint attributeId, IReadOnlyList<string> locales) => (node.NodeClass, attributeId) switch
    {
        (NodeClass.Object or NodeClass.View, AttributeIds.EventNotifier) => node.EventNotifier,
        (NodeClass.View, AttributeIds.ContainsNoLoops) => node.ContainsNoLoops,
        (NodeClass.Method, AttributeIds.Executable) => node.Executable,
        (NodeClass.ObjectType or NodeClass.ReferenceType or NodeClass.DataType, AttributeIds.IsAbstract) => node.IsAbstract,
        (NodeClass.ReferenceType, AttributeIds.Symmetric) => node.Symmetric,
        (NodeClass.ReferenceType, AttributeIds.InverseName) when node.InverseNames.Length > 0 => LocalizedTexts.Choose(node.InverseNames, locales),
        (NodeClass.DataType, AttributeIds.DataTypeDefinition) when node.DataTypeDefinition is { } definition => Variant.From(definition),
        _ => default,
    };
}

/// <summary>Which text of several a session gets. Part 4 5.4.</summary>
internal static class LocalizedTexts
{
    /// <summary>The first of the session's locales that there is, its language without region counting as near enough; else the first text.</summary>
    public static LocalizedText Choose(LocalizedText[] texts, IReadOnlyList<string> locales)
    {
        if (texts.Length > 1)
            foreach (var locale in locales)
                foreach (var text in texts)
                    if (text.Locale is { } own && (own.Equals(locale, StringComparison.OrdinalIgnoreCase) || IsLanguageOf(own, locale))) return text;
        return texts[0];
    }

    private static bool IsLanguageOf(string own, string locale) =>
        locale.Length > own.Length && locale[own.Length] == '-' && locale.StartsWith(own, StringComparison.OrdinalIgnoreCase);
}
