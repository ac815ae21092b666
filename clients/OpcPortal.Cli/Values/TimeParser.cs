using System.Globalization;

namespace OpcPortal.Cli.Values;

/// <summary>Times and lengths of time as people type them.</summary>
internal static class TimeParser
{
    public const string Help = "2026-11-24T06:00Z (without an offset UTC), a day such as 2026-11-24, now, today, yesterday, yesterdayT06:00Z, or so long ago: -90m, -6h, -2d.";

    /// <summary>A time, UTC.</summary>
    /// <exception cref="CliException">It is none.</exception>
    public static DateTime Time(string text, DateTime now)
    {
        if (text == "now") return now;
        // yesterdayT06:00Z: where only the day is said in words.
        foreach (var (word, days) in ((string, int)[])[("today", 0), ("yesterday", -1)])
            if (text.StartsWith(word, StringComparison.Ordinal)) text = now.Date.AddDays(days).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) + text[word.Length..];
        if (text.StartsWith('-') && TryLength(text[1..], out var ago)) return now - ago;
        const DateTimeStyles Utc = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
        return DateTime.TryParse(text, CultureInfo.InvariantCulture, Utc, out var time) ? time : throw new CliException(ExitCodes.Usage, $"'{text}' is no time.", $"A time is written {Help}");
    }

    /// <summary>A day: 2026-11-24, today, yesterday or so many days ago, -4d, as they are called where the clock shows <paramref name="here"/>.</summary>
    /// <exception cref="CliException">It is none.</exception>
    public static DateOnly Day(string text, DateTime here)
    {
        var today = DateOnly.FromDateTime(here);
        if (text == "today") return today;
        if (text == "yesterday") return today.AddDays(-1);
        if (text is ['-', .. var digits, 'd'] && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var ago) && ago < 100_000) return today.AddDays(-ago);
        return DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            ? day : throw new CliException(ExitCodes.Usage, $"'{text}' is no day.", "A day is written 2026-11-01, today, yesterday, or -4d.");
    }

    /// <summary>A length of time, such as 15m.</summary>
    /// <exception cref="CliException">It is none.</exception>
    public static TimeSpan Length(string text) => TryLength(text, out var length) ? length : throw new CliException(ExitCodes.Usage, $"'{text}' is no length of time.", "It is written 30s, 15m, 1h or 1d.");

    private static bool TryLength(string text, out TimeSpan length)
    {
        length = default;
        if (text.Length < 2 || !double.TryParse(text[..^1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var count) || count > 1e7) return false;
        length = text[^1] switch
        {
            's' => TimeSpan.FromSeconds(count),
            'm' => TimeSpan.FromMinutes(count),
            'h' => TimeSpan.FromHours(count),
            'd' => TimeSpan.FromDays(count),
            _ => TimeSpan.Zero,
        };
        return length > TimeSpan.Zero;
    }
}
