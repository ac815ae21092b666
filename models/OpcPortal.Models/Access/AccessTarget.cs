namespace OpcPortal.Models;

/// <summary>
/// The part of the fleet that is asked for, in numbers that <see cref="IAccessNumbers"/> gives, so that a decision compares no texts. -1: none, or not known, which no list fits.
/// </summary>
public readonly record struct AccessTarget
{
    public AccessTarget()
    {
    }

    public int Portal { get; init; } = -1;
    public int DeviceType { get; init; } = -1;

    /// <summary>0 (unclassified) to 63.</summary>
    public int DataClass { get; init; }

    /// <summary>A word; -1: no method.</summary>
    public int FunctionGroup { get; init; } = -1;

    /// <summary>A word: the name of the point.</summary>
    public int Point { get; init; } = -1;

    /// <summary>Parties.</summary>
    public int Owner { get; init; } = -1;
    public int Custodian { get; init; } = -1;
    public int Operator { get; init; } = -1;
    public int Customer { get; init; } = -1;

    /// <summary>Words.</summary>
    public int CustomerClass { get; init; } = -1;
    public int Jurisdiction { get; init; } = -1;
    public int Commodity { get; init; } = -1;

    /// <summary>A bit for each premises flag, as <see cref="IAccessNumbers.PremisesFlag"/> numbers them.</summary>
    public ulong Flags { get; init; }

    /// <summary>Since when the owner owns it, UTC: what was before is another's.</summary>
    public DateTime OwnedSince { get; init; }

    /// <summary>Since when the customer is there, UTC.</summary>
    public DateTime CustomerSince { get; init; }
}

/// <summary>Numbers for names. A name that is not known yet may get a number at once, or -1; one that has a number keeps it.</summary>
public interface IAccessNumbers
{
    int Party(string entity);
    int Portal(string portal);

    /// <summary>The type and all its subtypes.</summary>
    IReadOnlyCollection<int> DeviceTypes(string typeName);

    /// <summary>0 to 63; -1 where there is no such class.</summary>
    int DataClass(string name);

    /// <summary>Customer classes, jurisdictions, commodities, function groups, names of points.</summary>
    int Word(string word);

    /// <summary>0 to 63; -1 where no premises have it.</summary>
    int PremisesFlag(string flag);
}
