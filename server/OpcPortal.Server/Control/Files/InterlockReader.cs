using System.Globalization;
using OpcPortal.Adapters;
using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>Reads interlocks: docs/control.schema.json says the same, and a test compares the two.</summary>
internal static class InterlockReader
{
    // A leap year: the 29th of February is a day of the year.
    private const string LeapYear = "2024-";

    /// <param name="knowsWeather">Whether there is a point that tells it.</param>
    /// <exception cref="ConfigurationException">Something is wrong.</exception>
    public static Interlock Read(ConfigElement item, bool knowsWeather)
    {
        var actions = item.Find("actions");
        var (below, above) = (item.Find("below"), item.Find("above"));
        var (from, until) = (item.Find("from"), item.Find("until"));
        var interlock = new Interlock
        {
            Id = item.Get("id").Id(),
            Text = item.Get("text").Text(),
            Actions = actions is null ? [ControlAction.DisconnectSupply] : [.. actions.Items.Select(static action => action.OneOf<ControlAction>())],
            Jurisdiction = item.Optional("jurisdiction"),
            DeviceTypes = item.Words("deviceTypes"),
            Flag = item.Optional("flag"),
            CustomerClasses = item.Words("customerClasses"),
            Season = item.Find("season") is { } season ? Season(season) : null,
            Dates = [.. (item.Find("dates")?.Items ?? []).Select(Date)],
            Weekdays = [.. (item.Find("weekdays")?.Items ?? []).Select(static day => day.OneOf<DayOfWeek>())],
            From = from is null ? null : Time(from),
            Until = until is null ? null : Time(until),
            Below = below?.Number(),
            Above = above?.Number(),
        };
        item.RefuseUnread();
        if (interlock.Actions.Count == 0) throw actions!.Wrong("at least one action is wanted here");
        if (interlock.From is { } begin && begin == interlock.Until) throw until!.Wrong("\"until\" is \"from\": leave both away for the whole day");
        if (interlock.Below >= interlock.Above) throw below!.Wrong("\"below\" is not below \"above\": it would hold in every weather");
        // Where nobody tells the weather it would hold always, and nobody would have said so.
        return knowsWeather || (below ?? above) is not { } weather ? interlock : throw weather.Wrong("the weather is not known without \"weatherPoint\"");
    }

    private static YearlySeason Season(ConfigElement item)
    {
        var (from, until) = (Day(item.Get("from")), Day(item.Get("until")));
        item.RefuseUnread();
        return new YearlySeason(from.Month, from.Day, until.Month, until.Day);
    }

    private static DateOnly Day(ConfigElement element) =>
        DateOnly.TryParseExact(LeapYear + element.Text(5), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day : throw element.Wrong("a day of the year such as \"10-01\" is wanted here");

    private static DateOnly Date(ConfigElement element) =>
        DateOnly.TryParseExact(element.Text(10), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date) ? date : throw element.Wrong("a date such as \"2027-12-25\" is wanted here");

    private static TimeOnly Time(ConfigElement element) =>
        TimeOnly.TryParseExact(element.Text(5), "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time) ? time : throw element.Wrong("a time of day such as \"18:00\" is wanted here");
}
