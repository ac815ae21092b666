using OpcPortal.Models;

namespace OpcPortal.Billing.Tests;

/// <summary>Channels and readings to export.</summary>
internal static class Metered
{
    public static readonly DateTime At = new(2026, 11, 25, 3, 0, 0, DateTimeKind.Utc);

    public static readonly TimeZoneInfo Berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");

    public static BillingChannel Energy { get; } = Channel("IntervalEnergyImport", "0.0.2.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0", "kWh", TimeSpan.FromMinutes(15)) with { Obis = "1-0:1.29.0" };
    public static BillingChannel Gas { get; } = Channel("IntervalVolume", "0.0.7.4.1.7.58.0.0.0.0.0.0.0.0.0.42.0", "m³", TimeSpan.FromHours(1));
    public static BillingChannel Register { get; } = Channel("ActiveEnergyImport", "0.0.0.1.1.1.12.0.0.0.0.0.0.0.0.3.72.0", "kWh", TimeSpan.Zero);

    public static QualityCode Validated { get; } = QualityCodes.Validated.By(QualityOrigin.MeterDataManagement);

    public static BillingChannel Channel(string point, string type, string unit, TimeSpan interval) =>
        new("oak-1/meter", point, ReadingTypeCode.TryParse(type, out var code) ? code : throw new InvalidOperationException(type), unit, interval) { Source = $"nsu=urn:test;s=oak-1/meter/{point}" };

    public static BillingPeriod Day(int year, int month, int day) => new(new DateOnly(year, month, day), new DateOnly(year, month, day), Berlin);

    /// <summary>A validated reading for each interval.</summary>
    public static List<BillingReading> Full(BillingChannel channel, BillingPeriod period, Func<int, double>? value = null) =>
        [.. LocalDay.EndsBetween(period.Start, period.End, channel.Interval).Select((end, i) => new BillingReading(end, value?.Invoke(i) ?? 0.25, ReadingStatus.Good, Validated))];
}
