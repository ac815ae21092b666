namespace OpcPortal.Server;

/// <summary>Who answers for the readings of a data class of a device.</summary>
internal static class Responsibility
{
    /// <summary>
    /// The custodian, else the owner; null where that is a natural person, who owns the data and answers for none of it, or nobody is known.
    /// </summary>
    public static string? Of(FleetSpace space, int device, byte dataClass)
    {
        var standing = space.Ownership.Of(FleetKey.OfDevice(device), dataClass);
        var party = standing.Custodian >= 0 ? standing.Custodian : standing.IsPersonal ? -1 : standing.Owner;
        return party >= 0 ? space.Ownership.Parties[party].Id : null;
    }

    /// <summary>The owner; null where nobody is known.</summary>
    public static string? OwnerOf(FleetSpace space, int device, byte dataClass) =>
        space.Ownership.Of(FleetKey.OfDevice(device), dataClass).Owner is >= 0 and var owner ? space.Ownership.Parties[owner].Id : null;
}
