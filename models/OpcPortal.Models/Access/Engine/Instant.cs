using System.Globalization;

namespace OpcPortal.Models;

/// <summary>How reasons write an instant: UTC, ISO 8601.</summary>
internal static class Instant
{
    public static string Text(DateTime at) => at.ToString(at.TimeOfDay == TimeSpan.Zero ? "yyyy-MM-dd" : "yyyy-MM-ddTHH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
