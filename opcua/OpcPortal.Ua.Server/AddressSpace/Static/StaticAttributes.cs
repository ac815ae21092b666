using OpcPortal.Ua.NodeSets;

namespace OpcPortal.Ua.Server;

/// <summary>The attributes of a node that is held as a <see cref="NodeRecord"/>, by node class. Part 3 5, Table 1 of each class.</summary>
public static class StaticAttributes
{
    // What may be written of a node in memory: texts for people. The rest is what its behaviour is built on.
    private const AttributeWriteMask Texts = AttributeWriteMask.DisplayName | AttributeWriteMask.Description;

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
            // There is one to be written, though it is empty.
            AttributeIds.Description when (node.WriteMask & (uint)AttributeWriteMask.Description) != 0 => new LocalizedText(null),
            AttributeIds.WriteMask => node.WriteMask & (uint)Texts,
            _ => node.NodeClass switch
            {
                NodeClass.Variable => OfVariable(node, attributeId),
                NodeClass.VariableType => OfVariableType(node, attributeId),
                _ => OfOthers(node, attributeId, locales),
            },
        };
        return value.IsNull ? StatusCodes.BadAttributeIdInvalid : StatusCodes.Good;
    }

    /// <summary>The node with one attribute changed.</summary>
    /// <returns>Good; BadNotWritable where the attribute is fixed; BadLocaleNotSupported where the node has as many texts as it may.</returns>
    public static StatusCode Write(NodeRecord node, uint attributeId, in Variant value, out NodeRecord changed)
    {
        changed = node;
        var texts = attributeId switch
        {
            AttributeIds.DisplayName => node.DisplayNames,
            AttributeIds.Description => node.Descriptions,
            _ => null,
        };
        if (texts is null) return StatusCodes.BadNotWritable;
        var status = LocalizedTexts.Change(texts, value.AsLocalizedText(), out texts);
        changed = attributeId == AttributeIds.DisplayName ? node with { DisplayNames = texts } : node with { Descriptions = texts };
        return status;
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
    // More languages than any customer base speaks; what a writer adds stays in memory.
    private const int MaxLocales = 50;

    /// <summary>Texts after one was written: a null text takes that of its locale away, null for both takes all. Part 4 5.11.4.1.</summary>
    public static StatusCode Change(LocalizedText[] texts, LocalizedText written, out LocalizedText[] changed)
    {
        changed = texts;
        if (written.Text is null)
        {
            changed = written.Locale is null ? [] : Array.FindAll(texts, t => t.Locale != written.Locale);
            return StatusCodes.Good;
        }

        var place = Array.FindIndex(texts, t => t.Locale == written.Locale);
        if (place < 0 && texts.Length >= MaxLocales) return StatusCodes.BadLocaleNotSupported;
        changed = place < 0 ? [.. texts, written] : [.. texts[..place], written, .. texts[(place + 1)..]];
        return StatusCodes.Good;
    }

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
