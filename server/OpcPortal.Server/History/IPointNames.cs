namespace OpcPortal.Server;

/// <summary>What stays of a point when its number does not: numbers are of this process, names are stored.</summary>
/// <param name="Text"><c>portal/device/member</c>; of a portal's own points <c>portal:member</c>.</param>
/// <param name="DataClass">As the property DataClass gives it, 0 to <see cref="DataClassDefinition.MaxNumber"/>.</param>
public readonly record struct PointName(string Text, byte DataClass);

/// <summary>Tells points' names. Thread-safe.</summary>
public interface IPointNames
{
    /// <returns>False where no point in service has the number.</returns>
    bool TryName(int point, out PointName name);
}
