using System.Globalization;
using OpcPortal.Adapters;
using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>Values that several kinds of records have.</summary>
internal static class FileValues
{
    private static readonly string[] Forms = ["yyyy-MM-dd", "yyyy-MM-dd'T'HH:mm'Z'", "yyyy-MM-dd'T'HH:mm:ss'Z'", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'"];

    /// <exception cref="ConfigurationException">It is no id.</exception>
    public static string Id(this ConfigElement element)
    {
        var text = element.Text();
        return RecordNames.IsId(text) ? text : throw element.Wrong($"'{text}' is no id: {RecordNames.Rule}");
    }

    /// <summary>The members <c>from</c> and <c>until</c> of a record; without them it holds always.</summary>
    public static ActivePeriod Period(this ConfigElement item)
    {
        var from = item.Find("from") is { } begin ? Instant(begin) : DateTime.MinValue;
        var until = item.Find("until") is { } end ? Instant(end) : DateTime.MaxValue;
        return from < until ? new ActivePeriod(from, until) : throw item.Wrong("\"until\" is not after \"from\"");
    }

    /// <summary>UTC: a date, which is its first instant, or an instant with Z.</summary>
    public static DateTime Instant(ConfigElement element) =>
        DateTime.TryParseExact(element.Text(), Forms, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at)
            ? at : throw element.Wrong("a date such as \"2027-01-31\" or an instant such as \"2027-01-31T12:00:00Z\" is wanted here");

    /// <summary>Texts of a member that may be missing.</summary>
    public static IReadOnlyList<string> Words(this ConfigElement item, string member) => item.Find(member) is { } list ? [.. list.Items.Select(word => word.Text(256))] : [];

    public static string? Optional(this ConfigElement item, string member, int maxLength = 256) => item.Find(member)?.Text(maxLength);

    /// <summary>Names of an enumeration of flags, such as <c>["Read", "Browse"]</c>.</summary>
    public static T Flags<T>(this ConfigElement list) where T : struct, Enum
    {
        var flags = 0L;
        foreach (var item in list.Items) flags |= Convert.ToInt64(item.OneOf<T>(), CultureInfo.InvariantCulture);
        return (T)Enum.ToObject(typeof(T), flags);
    }
}
