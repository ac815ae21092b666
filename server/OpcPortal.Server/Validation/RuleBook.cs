using System.Collections.Concurrent;
using OpcPortal.Adapters;
using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.NodeSets;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>The rules as they hold for the points of the fleet: compiled once a layout. Thread-safe.</summary>
internal sealed class RuleBook
{
    private const string UnitNamespace = "http://www.opcfoundation.org/UA/units/un/cefact";

    private readonly IReadOnlyList<ValidationRuleSet> _sets;
    private readonly ILookup<string, DeviceExchange> _exchanges;
    private readonly MeterExchanges? _told;
    private readonly FleetSpace _space;
    private readonly Func<string, int> _dataClassOf;
    private readonly ConcurrentDictionary<TypeLayout, LayoutRules> _layouts = new();

    /// <param name="dataClassOf">Finds the number of a data class; -1 where there is none.</param>
    /// <param name="told">The exchanges that were told while the server ran; null: only those of files are known.</param>
    public RuleBook(ValidationRules rules, FleetSpace space, ServerModel model, Func<string, int> dataClassOf, MeterExchanges? told = null)
    {
        _told = told;
        _space = space;
        _dataClassOf = dataClassOf;
        _exchanges = rules.Exchanges.ToLookup(exchange => $"{exchange.Device}/{exchange.Register}", StringComparer.Ordinal);
        var refused = new List<ConfigurationException>(rules.Refused);
        _sets = [.. rules.Sets.Select(set => Checked(set, model, refused)).OfType<ValidationRuleSet>()];
        Refused = refused;
    }

    /// <summary>What is wrong with the rules; the rest holds.</summary>
    public IReadOnlyList<ConfigurationException> Refused { get; }

    public bool IsEmpty => _sets.Count == 0;

    /// <summary>What holds for the devices of a layout.</summary>
    public LayoutRules Of(TypeLayout layout) => _layouts.TryGetValue(layout, out var known) ? known : _layouts.GetOrAdd(layout, Compile);

    /// <summary>The time zone of a portal's premises by a set.</summary>
    public TimeZoneInfo ZoneOf(ValidationRuleSet set, int portal)
    {
        var jurisdiction = _space.Registry.PortalAt(portal).Jurisdiction;
        if (jurisdiction >= 0)
            foreach (var (name, zone) in set.Zones)
                if (_space.Fleet.Words.Find(name) == jurisdiction) return zone;
        return set.Zone;
    }

    /// <summary>The exchanges of the meter of a register, in order of time; where a file and a call tell of the same, the call holds.</summary>
    public IReadOnlyList<MeterExchange> ExchangesOf(int device, string register)
    {
        if (_exchanges.Count == 0 && _told is null) return [];
        ref var row = ref _space.Registry.DeviceAt(device);
        var path = FleetPath.OfDevice(null, _space.Registry.TextAt(_space.Registry.PortalAt(row.Portal).Id), _space.Registry.TextAt(row.Id), "");
        var ofFiles = _exchanges[$"{path}/{register}"].Select(exchange => exchange.Exchange);
        return [.. (_told?.Of(path, register) ?? []).Concat(ofFiles).DistinctBy(exchange => exchange.At).OrderBy(exchange => exchange.At)];
    }

    private ValidationRuleSet? Checked(ValidationRuleSet set, ServerModel model, List<ConfigurationException> refused)
    {
        var types = new List<NodeId>();
        foreach (var name in set.DeviceTypes)
        {
            if (_space.Fleet.FindType(name) is not { } type)
            {
                if (set.Place is not null) refused.Add(set.Place.Wrong($"there is no type '{name}'"));
                return null;
            }

            types.AddRange(model.Types.SubtypesOf(type));
        }

        var members = types.SelectMany(type => model.Declarations.Of(type)).Select(declaration => declaration.BrowseName.Name).ToHashSet(StringComparer.Ordinal);
        return set with { Channels = [.. set.Channels.Where(channel => IsOfType(channel, members, refused))] };
    }

    private static bool IsOfType(PlacedChannel channel, HashSet<string?> members, List<ConfigurationException> refused)
    {
        var rules = channel.Rules;
        foreach (var point in (ReadOnlySpan<string?>)[rules.Interval, rules.Register, rules.Inactive?.Point, rules.Sibling?.Point])
        {
            if (point is null || members.Contains(point.Split('/')[0])) continue;
            if (channel.Place is not null) refused.Add(channel.Place.Wrong($"none of the types has a point '{point}'"));
            return false;
        }

        return true;
    }

    private LayoutRules Compile(TypeLayout layout)
    {
        var sets = _sets.Where(set => set.DeviceTypes.Any(name => _space.Fleet.FindType(name) is { } type && _space.Fleet.Types.WithSubtypes(type).Contains(layout.Type.Number))).ToList();
        if (sets.Count == 0) return LayoutRules.None;
        var channels = ChannelsOf(layout, sets);
        var points = new PointRules?[layout.Slots.Where(slot => slot.Source == SlotSource.Point).Select(slot => slot.Index + 1).DefaultIfEmpty(0).Max()];
        foreach (var slot in layout.Slots)
            if (slot.Source == SlotSource.Point && slot.Index >= FleetRegistry.OwnPoints) points[slot.Index] = RulesOf(layout, slot, sets, channels);
        return new LayoutRules(points, channels);
    }

    private PointRules? RulesOf(TypeLayout layout, LayoutSlot slot, List<ValidationRuleSet> sets, List<ChannelUse> channels)
    {
        var use = channels.Find(channel => channel.Interval == slot.Index || channel.Register == slot.Index);
        var role = use is null ? PointRole.Plain : use.Interval == slot.Index ? PointRole.Interval : PointRole.Register;
        foreach (var set in sets)
        {
            foreach (var arrival in set.Arrival)
            {
                if (!Fits(arrival, slot)) continue;
                var range = arrival.ChecksRange && layout.TryFind($"{slot.Member}/EURange", out var at) ? layout.Slots[at].Record.Value.AsStructure<OpcPortal.Ua.Range>() : null;
                return new PointRules(slot.Index, slot.Member, slot.DataClass, set, arrival, role, use) { Range = range, HasUnit = arrival.Unit is null || IsUnit(UnitOf(layout, slot.Member), arrival.Unit) };
            }
        }

        return use is null ? null : new PointRules(slot.Index, slot.Member, slot.DataClass, use.Set, null, role, use);
    }

    private bool Fits(ArrivalRule rule, LayoutSlot slot) =>
        (rule.Points.Count == 0 || rule.Points.Contains(slot.Member, StringComparer.Ordinal)) && (rule.DataClasses.Count == 0 || rule.DataClasses.Any(name => _dataClassOf(name) == slot.DataClass));

    private static List<ChannelUse> ChannelsOf(TypeLayout layout, List<ValidationRuleSet> sets)
    {
        var uses = new List<ChannelUse>();
        foreach (var set in sets)
        {
            foreach (var channel in set.Channels)
            {
                var rules = channel.Rules;
                var interval = layout.PointAt(rules.Interval);
                if (interval < 0 || uses.Exists(use => use.Interval == interval) || LengthOf(layout, rules) is not { } length) continue;
                layout.TryFind(rules.Interval, out var slot);
                uses.Add(new ChannelUse(
                    rules, set, interval, PointOf(layout, rules.Register), PointOf(layout, rules.Inactive?.Point), PointOf(layout, rules.Sibling?.Point), length,
                    UnitOf(layout, rules.Interval)?.DisplayName.Text ?? "", layout.Slots[slot].DataClass));
            }
        }

        return uses;
    }

    private static int PointOf(TypeLayout layout, string? member) => member is null ? -1 : layout.PointAt(member);

    // NodeSet.xml, IntervalPointType: a Duration, Part 3 8.13: milliseconds.
    private static TimeSpan? LengthOf(TypeLayout layout, ChannelRules rules)
    {
        if (rules.Length is { } configured) return configured;
        if (!layout.TryFind($"{rules.Interval}/IntervalLength", out var slot) || layout.Slots[slot].Record.Value is not { Type: BuiltInType.Double } value) return null;
        var length = TimeSpan.FromMilliseconds(value.AsDouble());
        return length > TimeSpan.Zero && TimeSpan.FromDays(1).Ticks % length.Ticks == 0 ? length : null;
    }

    private static EUInformation? UnitOf(TypeLayout layout, string member) =>
        layout.TryFind($"{member}/EngineeringUnits", out var slot) ? layout.Slots[slot].Record.Value.AsStructure<EUInformation>() : null;

    // Part 8 5.6.3.2: the characters of the Common Code, each a byte of the UnitId.
    private static bool IsUnit(EUInformation? unit, string code) => unit is { NamespaceUri: UnitNamespace } && unit.UnitId == code.Aggregate(0, (number, c) => (number << 8) | c);
}
