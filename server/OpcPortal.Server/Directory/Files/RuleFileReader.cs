using System.Globalization;
using OpcPortal.Adapters;
using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>Rules: mandates, moratoria, interlocks, rules of the house.</summary>
internal static class RuleFileReader
{
    private static readonly TimeSpan MaxHistory = TimeSpan.FromDays(36_525);

    public static AccessRule Rule(ConfigElement item)
    {
        var layer = item.Get("layer");
        var rule = new AccessRule
        {
            Id = item.Get("id").Id(),
            Layer = layer.OneOf<PolicyLayer>(),
            Effect = item.Get("effect").OneOf<RuleEffect>(),
            Operations = item.Get("operations").Flags<Operations>(),
            Citation = item.Get("citation").Text(),
            Subjects = item.Find("subjects") is { } subjects ? Subjects(subjects) : new RuleSubjects(),
            Scope = item.Find("scope") is { } scope ? Scope(scope) : new AccessScope(),
            Conditions = item.Find("conditions") is { } conditions ? Conditions(conditions) : AccessConditions.None,
            Jurisdictions = item.Words("jurisdictions"),
            Commodities = item.Words("commodities"),
            PremisesFlags = item.Words("premisesFlags"),
            Period = item.Period(),
        };
        if (rule.Layer == PolicyLayer.Agreement) throw layer.Wrong("agreements are signed, not written: Mandate, Operator, Owner or Class is wanted here");
        return rule.Operations != Operations.None ? rule : throw item.Get("operations").Wrong("at least one operation is wanted here");
    }

    private static RuleSubjects Subjects(ConfigElement item)
    {
        var subjects = new RuleSubjects
        {
            Entities = item.Words("entities"),
            Kinds = item.Words("kinds"),
            Relations = item.Find("relations")?.Flags<Relation>() ?? Relation.None,
            Power = item.Find("power")?.OneOf<ManagerPower>() ?? ManagerPower.None,
        };
        item.RefuseUnread();
        return subjects;
    }

    private static AccessScope Scope(ConfigElement item)
    {
        var scope = new AccessScope
        {
            Customers = item.Words("customers"),
            CustomerClasses = item.Words("customerClasses"),
            Portals = item.Words("portals"),
            DeviceTypes = item.Words("deviceTypes"),
            DataClasses = item.Words("dataClasses"),
            FunctionGroups = item.Words("functionGroups"),
            Points = item.Words("points"),
            Owners = item.Words("owners"),
        };
        item.RefuseUnread();
        return scope;
    }

    private static AccessConditions Conditions(ConfigElement item)
    {
        var conditions = new AccessConditions
        {
            MinimumQuality = item.Find("minimumQuality")?.OneOf<QualityLevel>() ?? QualityLevel.Any,
            HistoryDepth = item.Find("historyDepth")?.Duration(TimeSpan.FromSeconds(1), MaxHistory),
            Windows = item.Find("windows") is { } windows ? [.. windows.Items.Select(Window)] : [],
            Floor = item.Find("floor") is { } floor ? Floor(floor) : null,
        };
        item.RefuseUnread();
        return conditions;
    }

    private static WeeklyWindow Window(ConfigElement item)
    {
        var days = 0;
        var listed = item.Get("days");
        foreach (var day in listed.Items) days |= 1 << (int)day.OneOf<DayOfWeek>();
        if (days == 0) throw listed.Wrong("at least one day is wanted here");
        var window = new WeeklyWindow((byte)days, TimeOfDay(item.Get("from")), TimeOfDay(item.Get("until")));
        item.RefuseUnread();
        return window;
    }

    private static TimeSpan TimeOfDay(ConfigElement element) =>
        TimeOnly.TryParseExact(element.Text(), ["HH:mm", "HH:mm:ss"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var time)
            ? time.ToTimeSpan() : throw element.Wrong("a time of the day, UTC, such as \"22:30\" is wanted here");

    private static AggregationFloor Floor(ConfigElement item)
    {
        var share = item.Get("maxShare");
        var floor = new AggregationFloor(item.Get("minCustomers").Integer(1, 1_000_000), share.Number());
        if (floor.MaxShare is not (> 0 and <= 1)) throw share.Wrong("a share above 0, up to 1, is wanted here");
        item.RefuseUnread();
        return floor;
    }
}
