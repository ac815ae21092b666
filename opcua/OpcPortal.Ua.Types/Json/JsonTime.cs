using System.Globalization;

namespace OpcPortal.Ua;

/// <summary>DateTime as ISO 8601 text in UTC. Part 6 5.4.2.6.</summary>
internal static class JsonTime
{
    private const string Written = "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'";
    private const string End = "9999-12-31T23:59:59Z";

    /// <summary>Digits of a second's fraction that .NET holds; further ones are cut off, as the peer's clock may count finer than ours.</summary>
    private const int MaxFraction = 7;

    /// <summary>Far beyond any fraction that a clock gives, and short enough for the stack.</summary>
    private const int MaxLength = 64;

    private static readonly string[] Read = ["yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"];

    /// <summary>Clamped as in the binary form, so that a value means the same in both.</summary>
    public static DateTime Clamp(DateTime time) => UaTime.FromWire(UaTime.ToWire(time));

    /// <param name="time">As <see cref="Clamp"/> gives it.</param>
    /// <param name="buffer">32 characters are enough.</param>
    public static ReadOnlySpan<char> Format(DateTime time, Span<char> buffer)
    {
        if (time == DateTime.MaxValue) return End;
        time.TryFormat(buffer, out var length, Written, CultureInfo.InvariantCulture);
        return buffer[..length];
    }

    public static bool TryParse(scoped ReadOnlySpan<char> text, out DateTime time)
    {
        time = default;
        if (text.Length > MaxLength) return false;
        Span<char> buffer = stackalloc char[MaxLength];
        var dot = text.IndexOf('.');
        if (dot >= 0)
        {
            var digits = text[(dot + 1)..].IndexOfAnyExceptInRange('0', '9');
            digits = digits < 0 ? text.Length - dot - 1 : digits;
            if (digits == 0) return false;
            var kept = Math.Min(digits, MaxFraction);
            text[..(dot + 1 + kept)].CopyTo(buffer);
            text[(dot + 1 + digits)..].CopyTo(buffer[(dot + 1 + kept)..]);
            text = buffer[..(text.Length - digits + kept)];
        }

        const DateTimeStyles Utc = DateTimeStyles.AdjustToUniversal | DateTimeStyles.AssumeUniversal;
        if (!DateTime.TryParseExact(text, Read, CultureInfo.InvariantCulture, Utc, out var parsed)) return false;
        time = Clamp(parsed);
        return true;
    }
}
