namespace OpcPortal.Models;

/// <summary>By what a scope and a target can differ.</summary>
internal enum Dimension : byte
{
    None = 0,
    Owner,
    Portal,
    Customer,
    DataClass,
    DeviceType,
    CustomerClass,
    Point,
    Jurisdiction,
    Commodity,
    PremisesFlag,
}

/// <summary>A scope in numbers, with what rules ask of premises and devices besides.</summary>
internal sealed class CompiledScope
{
    public NumberSet Owners { get; private init; }
    public NumberSet Portals { get; private init; }
    public NumberSet Customers { get; private init; }
    private NumberSet CustomerClasses { get; init; }
    private NumberSet DeviceTypes { get; init; }
    private NumberSet Points { get; init; }
    private NumberSet FunctionGroups { get; init; }
    private NumberSet Jurisdictions { get; init; }
    private NumberSet Commodities { get; init; }
    private NumberSet Flags { get; init; }
    private ulong DataClasses { get; init; }
    private ulong FlagBits { get; init; }

    /// <summary>Whether it names owners: what was before their time is not meant.</summary>
    public bool NamesOwners => !Owners.IsEverything;

    /// <summary>Whether it names customers or classes of them: what was before their time is not meant.</summary>
    public bool NamesCustomers => !Customers.IsEverything || !CustomerClasses.IsEverything;

    /// <summary>Nothing can fit.</summary>
    public bool IsEmpty => Owners.IsEmpty || Portals.IsEmpty || Customers.IsEmpty || CustomerClasses.IsEmpty || DeviceTypes.IsEmpty || Points.IsEmpty
        || Jurisdictions.IsEmpty || Commodities.IsEmpty || Flags.IsEmpty || DataClasses == 0;

    public static CompiledScope Of(AccessRule rule, IAccessNumbers numbers) => Of(rule.Scope, rule.Jurisdictions, rule.Commodities, rule.PremisesFlags, numbers);

    /// <summary>Of an agreement, which knows nothing of jurisdictions, commodities and flags.</summary>
    public static CompiledScope Of(AccessScope scope, IAccessNumbers numbers) => Of(scope, [], [], [], numbers);

    private static CompiledScope Of(AccessScope scope, IReadOnlyList<string> jurisdictions, IReadOnlyList<string> commodities, IReadOnlyList<string> flags, IAccessNumbers numbers)
    {
        var flagNumbers = NumberSet.Of(flags, numbers.PremisesFlag);
        return new CompiledScope
        {
            Owners = NumberSet.Of(scope.Owners, numbers.Party),
            Portals = NumberSet.Of(scope.Portals, numbers.Portal),
            Customers = NumberSet.Of(scope.Customers, numbers.Party),
            CustomerClasses = NumberSet.Of(scope.CustomerClasses, numbers.Word),
            DeviceTypes = NumberSet.OfMany(scope.DeviceTypes, numbers.DeviceTypes),
            Points = NumberSet.Of(scope.Points, numbers.Word),
            FunctionGroups = NumberSet.Of(scope.FunctionGroups, numbers.Word),
            Jurisdictions = NumberSet.Of(jurisdictions, numbers.Word),
            Commodities = NumberSet.Of(commodities, numbers.Word),
            Flags = flagNumbers,
            DataClasses = scope.DataClasses.Count == 0 ? ulong.MaxValue : Bits(NumberSet.Of(scope.DataClasses, numbers.DataClass)),
            FlagBits = Bits(flagNumbers),
        };
    }

    /// <summary>The same of what one party owns alone.</summary>
    public CompiledScope OwnedBy(int owner) => Intersect(new CompiledScope { Owners = NumberSet.Of([owner]), DataClasses = ulong.MaxValue });

    /// <summary>What fits both: what is passed on is bound by what was given.</summary>
    public CompiledScope Intersect(CompiledScope other) => new()
    {
        Owners = Owners.Intersect(other.Owners),
        Portals = Portals.Intersect(other.Portals),
        Customers = Customers.Intersect(other.Customers),
        CustomerClasses = CustomerClasses.Intersect(other.CustomerClasses),
        DeviceTypes = DeviceTypes.Intersect(other.DeviceTypes),
        Points = Points.Intersect(other.Points),
        FunctionGroups = FunctionGroups.Intersect(other.FunctionGroups),
        DataClasses = DataClasses & other.DataClasses,
    };

    /// <summary>The first thing by which the target does not fit; None: it fits.</summary>
    public Dimension Misfit(in AccessTarget target)
    {
        if (!HasDataClass(target.DataClass)) return Dimension.DataClass;
        if (!Owners.Contains(target.Owner)) return Dimension.Owner;
        if (!Portals.Contains(target.Portal)) return Dimension.Portal;
        if (!Customers.Contains(target.Customer)) return Dimension.Customer;
        if (!DeviceTypes.Contains(target.DeviceType)) return Dimension.DeviceType;
        if (!CustomerClasses.Contains(target.CustomerClass)) return Dimension.CustomerClass;
        if (!Points.Contains(target.Point)) return Dimension.Point;
        if (!Jurisdictions.Contains(target.Jurisdiction)) return Dimension.Jurisdiction;
        if (!Commodities.Contains(target.Commodity)) return Dimension.Commodity;
        return Flags.IsEverything || (FlagBits & target.Flags) != 0 ? Dimension.None : Dimension.PremisesFlag;
    }

    /// <summary>Of <paramref name="operations"/> those that function groups leave: they bind calls alone.</summary>
    public Operations Narrow(Operations operations, in AccessTarget target) =>
        (operations & Operations.Call) == 0 || FunctionGroups.Contains(target.FunctionGroup) ? operations : operations & ~Operations.Call;

    private bool HasDataClass(int dataClass) => DataClasses == ulong.MaxValue || (dataClass is >= 0 and < 64 && (DataClasses >> dataClass & 1) != 0);

    private static ulong Bits(NumberSet numbers)
    {
        var bits = 0UL;
        foreach (var number in numbers.Numbers)
        {
            if (number < 64) bits |= 1UL << number;
        }

        return bits;
    }
}
