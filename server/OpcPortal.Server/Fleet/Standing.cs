namespace OpcPortal.Server;

/// <summary>How things stand with a portal, a device, or a data class of one, now. Numbers are parties; -1: nobody that is known.</summary>
/// <param name="Custodian">Where it is another than the owner.</param>
/// <param name="Operator">Where it is another than the owner.</param>
/// <param name="Namespace">Where its nodes lie.</param>
/// <param name="IsPersonal">Whether the namespace is that of a class of natural persons: the owner's id stands in the NodeIds.</param>
/// <param name="Since">Since when the owner owns it, UTC.</param>
internal readonly record struct Standing(int Owner, int Custodian, int Operator, ushort Namespace, bool IsPersonal, DateTime Since);

/// <summary>What stewardships say of a portal or a device: as a whole, and of the data classes that have others. Immutable.</summary>
internal sealed class StandingSet(Standing whole, Standing[] ofClasses, byte[] classes)
{
    /// <summary>Of the root, the nameplate and classes of which nothing else is said.</summary>
    public Standing Whole => whole;

    public Standing For(byte dataClass)
    {
        var at = classes.AsSpan().IndexOf(dataClass);
        return at < 0 ? whole : ofClasses[at];
    }

    public IEnumerable<Standing> All => [whole, .. ofClasses];
}
