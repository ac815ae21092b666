namespace OpcPortal.Ua.NodeSets;

/// <summary>What a type says of a node below it for each of its instances. Part 3 6.4.4.4.</summary>
public enum ModellingRule
{
    /// <summary>Each instance has it.</summary>
    Mandatory,

    /// <summary>An instance may have it.</summary>
    Optional,

    /// <summary>It stands for any number of nodes with names of their own, or none.</summary>
    OptionalPlaceholder,

    /// <summary>It stands for one or more nodes with names of their own.</summary>
    MandatoryPlaceholder,

    /// <summary>It stands for a node for each element of the array that is the value of its variable.</summary>
    ExposesItsArray,
}

/// <summary>
/// A node of a type that says what its instances have: one place of the type's hierarchy of instance declarations, overrides applied.
/// Part 3 6.3.3. Immutable.
/// </summary>
public sealed record InstanceDeclaration
{
    /// <summary>The declaring node: of the type itself, or of the supertype or interface it is inherited from.</summary>
    public required NodeRecord Node { get; init; }

    public required ModellingRule Rule { get; init; }

    /// <summary>The hierarchical references that lead here from the node above; more than one only where a type says so.</summary>
    public required NodeId[] ReferenceTypeIds { get; init; }

    /// <summary>The type that declares it: the one asked for, a supertype of it or an interface.</summary>
    public required NodeId DeclaringTypeId { get; init; }

    /// <summary>The node's HasTypeDefinition; null for methods.</summary>
    public NodeId TypeDefinitionId { get; init; }

    /// <summary>What stands below it; names are unique among them. Part 3 6.2.7.</summary>
    public InstanceDeclaration[] Children { get; init; } = [];

    /// <summary>The last name of the BrowsePath.</summary>
    public QualifiedName BrowseName => Node.BrowseName;

    /// <summary>Whether it stands for nodes whose names and number only the instance knows.</summary>
    public bool IsPlaceholder => Rule is ModellingRule.OptionalPlaceholder or ModellingRule.MandatoryPlaceholder or ModellingRule.ExposesItsArray;
}

/// <summary>Declarations by BrowsePath. Part 3 6.2.7.</summary>
public static class InstanceDeclarationPaths
{
    /// <summary>The declaration at a path below these; null where there is none.</summary>
    public static InstanceDeclaration? Find(this IReadOnlyList<InstanceDeclaration> declarations, params ReadOnlySpan<QualifiedName> path)
    {
        ArgumentNullException.ThrowIfNull(declarations);
        InstanceDeclaration? found = null;
        foreach (var name in path)
        {
            found = null;
            foreach (var declaration in declarations)
                if (declaration.BrowseName == name) found = declaration;
            if (found is null) return null;
            declarations = found.Children;
        }

        return found;
    }

    /// <summary>The declarations of one place with what is said of the same places elsewhere: the second overrides the first.</summary>
    internal static InstanceDeclaration[] OverriddenBy(this InstanceDeclaration[] inherited, InstanceDeclaration[] own)
    {
        if (inherited.Length == 0) return own;
        if (own.Length == 0) return inherited;
        var merged = new List<InstanceDeclaration>(inherited.Length + own.Length);
        foreach (var declaration in inherited)
        {
            var match = Array.Find(own, o => o.BrowseName == declaration.BrowseName);
            // Part 3 6.3.3.3: what an overridden node has below it is inherited too, each path for itself.
            merged.Add(match is null ? declaration : match with { Children = declaration.Children.OverriddenBy(match.Children) });
        }

        foreach (var declaration in own)
            if (!Array.Exists(inherited, i => i.BrowseName == declaration.BrowseName)) merged.Add(declaration);
        return [.. merged];
    }
}
