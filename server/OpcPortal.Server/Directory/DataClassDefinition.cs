namespace OpcPortal.Server;

/// <summary>A class of data. Classes are data: a new one comes with the NodeSet whose points have its number.</summary>
/// <param name="Name">Named by scopes and stewardships: letters and digits.</param>
/// <param name="Number">1 to 63, as the property DataClass of points gives it; 0 is what has none.</param>
public sealed record DataClassDefinition(string Name, int Number)
{
    /// <summary>The largest number: a set of classes is 64 bits.</summary>
    public const int MaxNumber = 63;

    /// <summary>Those of DataClassEnumeration in NodeSet.xml.</summary>
    public static IReadOnlyList<DataClassDefinition> WellKnown { get; } =
    [
        new("Energy", 1), new("PowerQuality", 2), new("LoadState", 3), new("Diagnostics", 4), new("Communication", 5),
    ];
}
