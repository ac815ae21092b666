using System.Globalization;
using System.Text;
using System.Text.Json;
using OpcPortal.Models;

namespace OpcPortal.Adapters.Mqtt;

/// <summary>Times in payloads.</summary>
internal static class PayloadTime
{
    /// <summary>Characters of an ISO 8601 time; what is longer is none.</summary>
    private const int MaxIsoLength = 40;

    // ISO 8601 in its extended form, with or without seconds, fraction and offset.
    private static readonly string[] IsoForms =
        ["yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd HH:mm:ss.FFFFFFFK", "yyyyMMdd'T'HHmmssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFzz", "yyyy-MM-dd"];

    /// <summary>Reads a time.</summary>
    /// <param name="utc">UTC; a time without an offset is taken as UTC.</param>
    /// <returns>False where it is none.</returns>
    public static bool TryRead(PayloadScalar scalar, ReadOnlySpan<byte> payload, TimeFormat format, out DateTime utc)
    {
        utc = default;
        if (scalar.Kind is not (JsonTokenType.String or JsonTokenType.Number) || scalar.IsEscaped) return false;
        var text = scalar.Bytes(payload);
        if (format == TimeFormat.Iso8601) return TryReadIso(text, out utc);
        if (!decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var count)) return false;
        // Between 1970 and 9999, in ticks: what lies outside is no device's clock.
        var bound = (DateTime.MaxValue - DateTime.UnixEpoch).Ticks / (format == TimeFormat.EpochSeconds ? TimeSpan.TicksPerSecond : TimeSpan.TicksPerMillisecond);
        if (count < 0 || count > bound) return false;
        utc = DateTime.UnixEpoch.AddTicks((long)(count * (format == TimeFormat.EpochSeconds ? TimeSpan.TicksPerSecond : TimeSpan.TicksPerMillisecond)));
        return true;
    }

    /// <summary>A time as a payload writes it.</summary>
    public static PointValue Write(DateTime utc, TimeFormat format) => format switch
    {
        TimeFormat.EpochSeconds => PointValue.From((utc - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerSecond),
        TimeFormat.EpochMilliseconds => PointValue.From((utc - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMillisecond),
        _ => PointValue.From(utc.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", CultureInfo.InvariantCulture)),
    };

    private static bool TryReadIso(ReadOnlySpan<byte> text, out DateTime utc)
    {
        utc = default;
        if (text.Length is 0 or > MaxIsoLength) return false;
        Span<char> characters = stackalloc char[MaxIsoLength];
        if (!Encoding.UTF8.TryGetChars(text, characters, out var count)) return false;
        return DateTime.TryParseExact(characters[..count], IsoForms, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out utc);
    }
}
