using System.Globalization;
using OpcPortal.Adapters;
using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>Reads a file of rule sets and exchanges. What is wrong is refused as narrowly as can be: a rule, an exchange, a set; the rest holds.</summary>
/// <param name="refused">Where what is wrong goes.</param>
internal sealed class RuleSetReader(List<ConfigurationException> refused)
{
    private readonly List<ValidationRuleSet> _sets = [];
    private readonly List<DeviceExchange> _exchanges = [];

    public IReadOnlyList<ValidationRuleSet> Sets => _sets;
    public IReadOnlyList<DeviceExchange> Exchanges => _exchanges;

    public void Read(string file, ReadOnlySpan<byte> utf8)
    {
        try
        {
            var root = ConfigElement.Parse(file, utf8);
            root.Find("$schema");
            var sets = root.Find("ruleSets");
            var exchanges = root.Find("exchanges");
            root.RefuseUnread();
            foreach (var item in sets?.Items ?? []) Try(() => AddSet(item));
            foreach (var item in exchanges?.Items ?? []) Try(() => _exchanges.Add(Exchange(item)));
        }
        catch (ConfigurationException wrong)
        {
            refused.Add(wrong);
        }
    }

    private void Try(Action read)
    {
        try
        {
            read();
        }
        catch (ConfigurationException wrong)
        {
            refused.Add(wrong);
        }
    }

    private void AddSet(ConfigElement item)
    {
        var id = item.Get("id");
        var types = item.Get("deviceTypes");
        var arrival = item.Find("arrival");
        var channels = item.Find("channels");
        var set = new ValidationRuleSet
        {
            Id = id.Id(),
            Version = item.Get("version").Text(64),
            DeviceTypes = [.. types.Items.Select(type => type.Text(128))],
            BillableFor = item.Words("billableFor"),
            Zone = item.Find("timeZone") is { } zone ? Zone(zone) : TimeZoneInfo.Utc,
            Zones = item.Find("timeZones") is { } zones ? zones.Members.ToDictionary(member => member.Key, member => Zone(member.Value), StringComparer.Ordinal) : new Dictionary<string, TimeZoneInfo>(),
            Calendar = new DayCalendar((item.Find("holidays")?.Items ?? []).Select(Date).ToHashSet()),
            Place = types,
        };
        item.RefuseUnread();
        if (set.DeviceTypes.Count == 0) throw types.Wrong("at least one type is wanted here");
        if (_sets.Exists(other => other.Id == set.Id)) throw id.Wrong($"the rule set '{set.Id}' is given twice");
        var arrivals = new List<ArrivalRule>();
        var placed = new List<PlacedChannel>();
        foreach (var rule in arrival?.Items ?? []) Try(() => arrivals.Add(Arrival(rule)));
        foreach (var rule in channels?.Items ?? []) Try(() => placed.Add(new PlacedChannel(ChannelReader.Read(rule), rule)));
        _sets.Add(set with { Arrival = arrivals, Channels = placed });
    }

    private static ArrivalRule Arrival(ConfigElement item)
    {
        var defaults = new ArrivalRule();
        var rule = new ArrivalRule
        {
            DataClasses = item.Words("dataClasses"),
            Points = item.Words("points"),
            MaxAhead = item.Find("maxAhead")?.Duration(TimeSpan.Zero, TimeSpan.FromDays(366)) ?? defaults.MaxAhead,
            Earliest = item.Find("earliest") is { } earliest ? FileValues.Instant(earliest) : defaults.Earliest,
            ChecksRange = item.Find("range")?.Boolean() ?? true,
            Unit = item.Find("unit") is { } unit ? Unit(unit) : null,
            HeedsSource = item.Find("source")?.Boolean() ?? true,
        };
        item.RefuseUnread();
        return rule;
    }

    private static string Unit(ConfigElement element)
    {
        var code = element.Text(3);
        return code.All(c => char.IsAsciiLetterUpper(c) || char.IsAsciiDigit(c)) ? code : throw element.Wrong($"'{code}' is no code of UNECE Recommendation 20, such as \"KWH\"");
    }

    private static DeviceExchange Exchange(ConfigElement item)
    {
        var device = item.Get("device");
        var path = device.Text(FleetPath.MaxLength);
        if (!FleetPath.TryParse(path, out var parsed) || parsed.Device.IsEmpty || !parsed.Member.IsEmpty) throw device.Wrong($"'{path}' is no device such as \"portal/meter\"");
        var exchange = new MeterExchange(FileValues.Instant(item.Get("at")), item.Get("final").Number(), item.Find("first")?.Number() ?? 0, item.Get("oldSerial").Text(128), item.Get("newSerial").Text(128));
        var register = item.Get("register").Text(128);
        item.RefuseUnread();
        return new DeviceExchange(path, register, exchange);
    }

    private static TimeZoneInfo Zone(ConfigElement element) =>
        TimeZoneInfo.TryFindSystemTimeZoneById(element.Text(128), out var zone) ? zone : throw element.Wrong($"'{element.Text(128)}' is no time zone such as \"America/New_York\"");

    private static DateOnly Date(ConfigElement element) =>
        DateOnly.TryParseExact(element.Text(10), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date) ? date : throw element.Wrong("a date such as \"2027-12-25\" is wanted here");
}
