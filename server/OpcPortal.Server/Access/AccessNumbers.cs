using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>The numbers of decisions, from the fleet and the directory. Thread-safe.</summary>
internal sealed class AccessNumbers(FleetSpace space, PortalDirectory directory) : IAccessNumbers
{
    /// <summary>Flags fit into the bits of a target.</summary>
    private const int MaxFlags = 64;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _flags = new(StringComparer.Ordinal);

    /// <summary>How much has a number: when more has, rules may fit that did not before.</summary>
    public int Known
    {
        get
        {
            lock (_gate) return space.Fleet.Words.Count + _flags.Count;
        }
    }

    // What a proposal names that is not there gets no number: nobody makes tables grow by asking.
    public int Party(string entity) => directory.Entities.ContainsKey(entity) ? space.Ownership.Parties.Of(entity) : space.Ownership.Parties.Find(entity);
    public int Portal(string portal) => space.Registry.FindPortal(portal);
    public IReadOnlyCollection<int> DeviceTypes(string typeName) => space.Fleet.FindType(typeName) is { } type ? space.Fleet.Types.WithSubtypes(type) : [];
    public int DataClass(string name) => directory.DataClasses.TryGetValue(name, out var known) ? known.Number : name == Unclassified ? 0 : -1;
    public int Word(string word) => space.Fleet.Words.Find(word);

    public int PremisesFlag(string flag)
    {
        lock (_gate) return _flags.GetValueOrDefault(flag, -1);
    }

    /// <summary>The number of a flag that premises have, given one if it is new.</summary>
    /// <exception cref="InvalidOperationException">There are <see cref="MaxFlags"/> already: an interlock must not be left out without a word.</exception>
    public int AddPremisesFlag(string flag)
    {
        lock (_gate)
        {
            if (_flags.TryGetValue(flag, out var known)) return known;
            if (_flags.Count == MaxFlags) throw new InvalidOperationException($"More than {MaxFlags} flags of premises have been in use since the start; '{flag}' has no place until the server starts anew.");
            return _flags[flag] = _flags.Count;
        }
    }

    /// <summary>The name of a data class; empty where it has none.</summary>
    public string NameOf(int dataClass)
    {
        foreach (var known in directory.DataClasses.Values)
            if (known.Number == dataClass) return known.Name;
        return "";
    }

    // NodeSet.xml, DataClassEnumeration: what has no class can be named too.
    private const string Unclassified = "Unclassified";
}
