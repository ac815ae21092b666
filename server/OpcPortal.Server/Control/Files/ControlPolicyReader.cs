using OpcPortal.Adapters;
using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>
/// Reads what the house has decided of control: docs/control.schema.json says the same, and a test compares the two. All of it holds or none: a server that left out an interlock which it cannot read
/// would do what the law forbids.
/// </summary>
public static class ControlPolicyReader
{
    /// <summary>Each is asked for each device of a request.</summary>
    public const int MaxInterlocks = 500;

    /// <summary>Each is summed up for each request.</summary>
    public const int MaxCaps = 100;

    private const int MaxPrimacy = 255;
    private const int MaxInFlight = 100_000;
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);
    private static readonly TimeSpan Year = TimeSpan.FromDays(366);

    /// <param name="file">Where it is not there, the defaults hold.</param>
    /// <exception cref="ConfigurationException">Something is wrong: with the line, and what would be right.</exception>
    public static ControlPolicy Load(string file)
    {
        try
        {
            if (!File.Exists(file)) return new ControlPolicy();
            var length = new FileInfo(file).Length;
            return length <= ConfigElement.MaxFileBytes ? Read(file, File.ReadAllBytes(file)) : throw new ConfigurationException(file, 1, $"The file has {length} bytes; {ConfigElement.MaxFileBytes} are allowed.");
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException(file, 1, $"The file cannot be read: {unreadable.Message}");
        }
    }

    /// <param name="file">Its name, for messages.</param>
    /// <exception cref="ConfigurationException">Something is wrong.</exception>
    public static ControlPolicy Read(string file, ReadOnlySpan<byte> utf8)
    {
        var root = ConfigElement.Parse(file, utf8);
        root.Find("$schema");
        var otherwise = new ControlPolicy();
        var (primacy, leaves, weather) = (root.Find("primacy"), root.Find("leaves"), root.Find("weatherPoint"));
        var policy = new ControlPolicy
        {
            PrimacyOfEntity = primacy?.Find("entities") is { } entities ? Primacies(entities) : otherwise.PrimacyOfEntity,
            PrimacyOfKind = primacy?.Find("kinds") is { } kinds ? Primacies(kinds) : otherwise.PrimacyOfKind,
            OtherPrimacy = primacy?.Find("others") is { } others ? Primacy(others) : otherwise.OtherPrimacy,
            Grace = root.Find("grace")?.Duration(TimeSpan.Zero, Hour) ?? otherwise.Grace,
            OffTimes = [.. (root.Find("offTimes")?.Items ?? []).Select(OffTimes)],
            Caps = Distinct(root.Find("caps"), MaxCaps, Cap, static cap => cap.Rule),
            Interlocks = Distinct(root.Find("interlocks"), MaxInterlocks, item => InterlockReader.Read(item, weather is not null), static interlock => interlock.Id),
            Paces = root.Find("paces") is { } paces ? paces.Members.ToDictionary(static member => member.Key, static member => Pace(member.Value), StringComparer.Ordinal) : otherwise.Paces,
            OtherPace = root.Find("otherPace") is { } pace ? Pace(pace) : otherwise.OtherPace,
            MaxLeaves = leaves?.Find("max")?.Integer(0, 10_000) ?? otherwise.MaxLeaves,
            LeaveWindow = leaves?.Find("window")?.Duration(Hour, Year) ?? otherwise.LeaveWindow,
            Switches = root.Find("supplySwitches") is { } switches ? Switches(switches) : otherwise.Switches,
            Zone = root.Find("timeZone") is { } zone ? Zone(zone) : otherwise.Zone,
            WeatherPoint = weather is null ? null : Point(weather),
            MaxWeatherAge = root.Find("maxWeatherAge")?.Duration(TimeSpan.FromMinutes(1), Day) ?? otherwise.MaxWeatherAge,
            OtherWatts = root.Find("otherWatts") is { } watts ? Positive(watts) : otherwise.OtherWatts,
        };
        primacy?.RefuseUnread();
        leaves?.RefuseUnread();
        root.RefuseUnread();
        return policy;
    }

    // Who refuses is cited by its id: no two have one.
    private static List<T> Distinct<T>(ConfigElement? list, int max, Func<ConfigElement, T> read, Func<T, string> idOf)
    {
        var records = new List<T>();
        var ids = new HashSet<string>(StringComparer.Ordinal);
        foreach (var item in list?.Items ?? [])
        {
            if (records.Count == max) throw list!.Wrong($"at most {max} are wanted here");
            var record = read(item);
            records.Add(ids.Add(idOf(record)) ? record : throw item.Get("id").Wrong($"'{idOf(record)}' is given twice"));
        }

        return records;
    }

    private static Dictionary<string, byte> Primacies(ConfigElement item) => item.Members.ToDictionary(static member => member.Key, static member => Primacy(member.Value), StringComparer.Ordinal);

    private static byte Primacy(ConfigElement element) => (byte)element.Integer(0, MaxPrimacy);

    private static TypedOffTimes OffTimes(ConfigElement item)
    {
        var otherwise = new OffTimeRules();
        var maxOff = item.Find("maxOff");
        var rules = new OffTimeRules
        {
            MinOff = item.Find("minOff")?.Duration(TimeSpan.Zero, Hour) ?? otherwise.MinOff,
            MinOn = item.Find("minOn")?.Duration(TimeSpan.Zero, Hour) ?? otherwise.MinOn,
            MaxOff = maxOff?.Duration(Second, Day) ?? otherwise.MaxOff,
            DutyPeriod = item.Find("dutyPeriod")?.Duration(TimeSpan.FromMinutes(1), Day) ?? otherwise.DutyPeriod,
            PickupShare = item.Find("pickupShare") is { } share ? Share(share) : otherwise.PickupShare,
            MaxPickup = item.Find("maxPickup")?.Duration(TimeSpan.Zero, Day) ?? otherwise.MaxPickup,
        };
        var type = item.Get("deviceType").Text(128);
        item.RefuseUnread();
        // What has to rest for longer than it may be off could do neither.
        return maxOff is null || rules.MinOff <= rules.MaxOff ? new TypedOffTimes(type, rules) : throw maxOff.Wrong("\"maxOff\" is less than \"minOff\"");
    }

    private static PowerCap Cap(ConfigElement item)
    {
        var (scope, most, approval, window) = (item.Get("scope"), item.Get("megaWatts"), item.Find("approvalAbove"), item.Find("window"));
        var megaWatts = Positive(most);
        var cap = new PowerCap(
            item.Get("id").Id(), scope.OneOf<PowerCapScope>(), megaWatts, approval is null ? megaWatts : Positive(approval), item.Optional("entity"), window?.Duration(Second, Year) ?? TimeSpan.Zero);
        item.RefuseUnread();
        if ((cap.Scope == PowerCapScope.Window) != (window is not null)) throw (window ?? scope).Wrong("a \"window\" goes with the scope \"window\", and with no other");
        return cap.ApprovalAbove <= cap.MegaWatts ? cap : throw approval!.Wrong("\"approvalAbove\" is more than \"megaWatts\": nobody would ever be asked");
    }

    private static ControlPace Pace(ConfigElement item)
    {
        var rate = item.Get("perSecond");
        var pace = new ControlPace(rate.Number(), item.Get("inFlight").Integer(1, MaxInFlight));
        item.RefuseUnread();
        return pace.PerSecond > 0 ? pace : throw rate.Wrong("a number above 0 is wanted here");
    }

    private static SupplySwitchRules Switches(ConfigElement item)
    {
        var otherwise = new SupplySwitchRules();
        var rules = new SupplySwitchRules
        {
            ArmedFor = item.Find("armedFor")?.Duration(Second, Hour) ?? otherwise.ArmedFor,
            MaxLoadSideVoltage = item.Find("maxLoadSideVoltage") is { } volts ? Positive(volts) : otherwise.MaxLoadSideVoltage,
            MaxVoltageAge = item.Find("maxVoltageAge")?.Duration(Second, Hour) ?? otherwise.MaxVoltageAge,
            RequiresVoltage = item.Find("requiresVoltage")?.Boolean() ?? otherwise.RequiresVoltage,
        };
        item.RefuseUnread();
        return rules;
    }

    private static TimeZoneInfo Zone(ConfigElement element) =>
        TimeZoneInfo.TryFindSystemTimeZoneById(element.Text(128), out var zone) ? zone : throw element.Wrong($"'{element.Text(128)}' is no time zone such as \"America/New_York\"");

    private static string Point(ConfigElement element)
    {
        var text = element.Text(FleetPath.MaxLength);
        return FleetPath.TryParse(text, out var path) && !path.Device.IsEmpty && !path.Member.IsEmpty ? text : throw element.Wrong($"'{text}' is no point such as \"portal/device/OutsideTemperature\"");
    }

    private static double Positive(ConfigElement element) => element.Number() is >= 0 and var number ? number : throw element.Wrong("a number from 0 on is wanted here");

    private static double Share(ConfigElement element) => element.Number() is >= 0 and <= 1 and var number ? number : throw element.Wrong("a number from 0 to 1 is wanted here");
}
