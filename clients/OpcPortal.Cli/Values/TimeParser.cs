using System.Globalization;

namespace OpcPortal.Cli.Values;

/// <summary>Times and lengths of time as people type them.</summary>
internal static class TimeParser
{
    public const string Help = "2026-11-24T06:00Z (without an offset UTC), a day such as 2026-11-24, now, today, yesterday, or so long ago: -90m, -6h, -2d.";

    /// <summary>A time, UTC.</summary>
    /// <exception cref="CliException">It is none.</exception>
    public static DateTime Time(string text, DateTime now)
    {
        switch (text)
        {
            case "now": return now;
            case "today": return now.Date;
            case "yesterday": return now.Date.AddDays(-1);
        }

        if (text.StartsWith('-') && TryLength(text[1..], out var ago)) return now - ago;
        const DateTimeStyles Utc = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
        return DateTime.TryParse(text, CultureInfo.InvariantCulture, Utc, out var time) ? time : throw new CliException(ExitCodes.Usage, $"'{text}' is no time.", $"A time is written {Help}");
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
