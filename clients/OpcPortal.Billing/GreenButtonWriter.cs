using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Xml;
using OpcPortal.Models;

namespace OpcPortal.Billing;

/// <summary>
/// Green Button: an Atom feed (RFC 4287) whose entries are ESPI resources (NAESB REQ.21): a UsagePoint a meter and commodity, a MeterReading with its ReadingType a channel, an IntervalBlock a day. Elements
/// stand in the order of the standard's schema, and ids are made from what they stand for, so that two exports of one period say the same.
/// </summary>
internal sealed class GreenButtonWriter : IBillingWriter
{
    private const string Atom = "http://www.w3.org/2005/Atom";
    private const string Espi = "http://naesb.org/espi";

    // DstRuleType: no daylight-saving time.
    private const uint NoRule = 0xFFFF_FFFF;

    private readonly XmlWriter _xml;
    private readonly BillingPeriod _period;
    private readonly string _server;
    private readonly string _at;
    private readonly HashSet<string> _types = new(StringComparer.Ordinal);
    private string? _usagePoint;

    private GreenButtonWriter(XmlWriter xml, BillingPeriod period, string server, DateTime at)
    {
        _xml = xml;
        _period = period;
        _server = server;
        _at = XmlConvert.ToString(at, XmlDateTimeSerializationMode.Utc);
    }

    public static async Task<GreenButtonWriter> CreateAsync(Stream output, BillingPeriod period, string server, DateTime at)
    {
        var xml = XmlWriter.Create(output, new XmlWriterSettings { Async = true, Indent = true, Encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), CloseOutput = false });
        var writer = new GreenButtonWriter(xml, period, server, at);
        writer.Begin();
        await xml.FlushAsync().ConfigureAwait(false);
        return writer;
    }

    private string LocalTime => $"LocalTimeParameters/{NumberOf("zone", _period.Zone.Id)}";

    private void Begin()
    {
        _xml.WriteStartDocument();
        _xml.WriteStartElement("feed", Atom);
        _xml.WriteElementString("id", Atom, $"urn:uuid:{IdOf("feed", _server, _period.First, _period.Last, _at)}");
        _xml.WriteElementString("title", Atom, string.Create(CultureInfo.InvariantCulture, $"Readings of {_period.First:yyyy-MM-dd} to {_period.Last:yyyy-MM-dd}, {_period.Zone.Id}"));
        _xml.WriteElementString("updated", Atom, _at);
        Entry(LocalTime, "LocalTimeParameters", [], _period.Zone.Id, WriteLocalTime);
    }

    private void WriteLocalTime()
    {
        var zone = _period.Zone;
        var first = _period.First.ToDateTime(TimeOnly.MinValue);
        var rule = zone.GetAdjustmentRules().FirstOrDefault(rule => rule.DateStart <= first && rule.DateEnd >= first && rule.DaylightDelta != TimeSpan.Zero);
        _xml.WriteStartElement("LocalTimeParameters", Espi);
        Write("dstEndRule", (rule is null ? NoRule : GreenButtonCodes.RuleOf(rule.DaylightTransitionEnd)).ToString("X8", CultureInfo.InvariantCulture));
        Write("dstOffset", (long)(rule?.DaylightDelta.TotalSeconds ?? 0));
        Write("dstStartRule", (rule is null ? NoRule : GreenButtonCodes.RuleOf(rule.DaylightTransitionStart)).ToString("X8", CultureInfo.InvariantCulture));
        Write("tzOffset", (long)(zone.BaseUtcOffset + (rule?.BaseUtcOffsetDelta ?? TimeSpan.Zero)).TotalSeconds);
        _xml.WriteEndElement();
    }

    public async Task WriteAsync(BillingChannel channel, IReadOnlyList<BillingReading> readings, CancellationToken cancellation)
    {
        var service = GreenButtonCodes.ServiceOf(channel);
        var multiplier = GreenButtonCodes.MultiplierOf(channel, readings);
        var usagePoint = $"UsagePoint/{NumberOf("usage", _server, channel.Meter, service)}";
        // Channels of a meter come one after the other.
        if (usagePoint != _usagePoint) Entry(_usagePoint = usagePoint, "UsagePoint", [$"{usagePoint}/MeterReading", LocalTime], channel.Meter, () => WriteUsagePoint(service));
        var meterReading = $"{usagePoint}/MeterReading/{NumberOf("reading", _server, channel.Source)}";
        var type = $"ReadingType/{NumberOf("type", channel.Type, channel.Interval, multiplier)}";
        Entry(meterReading, $"{usagePoint}/MeterReading", [$"{meterReading}/IntervalBlock", type], $"{channel.Point} {channel.Obis}".TrimEnd(), () =>
        {
            _xml.WriteStartElement("MeterReading", Espi);
            _xml.WriteEndElement();
        });
        if (_types.Add(type)) Entry(type, "ReadingType", [], channel.Type.ToString(), () => WriteType(channel, multiplier));
        WriteBlocks(channel, meterReading, readings, channel.Type.Multiplier - multiplier);
        await _xml.FlushAsync().ConfigureAwait(false);
        cancellation.ThrowIfCancellationRequested();
    }

    private void WriteUsagePoint(int service)
    {
        _xml.WriteStartElement("UsagePoint", Espi);
        _xml.WriteStartElement("ServiceCategory", Espi);
        Write("kind", service);
        _xml.WriteEndElement();
        _xml.WriteEndElement();
    }

    private void WriteType(BillingChannel channel, int multiplier)
    {
        var type = channel.Type;
        _xml.WriteStartElement("ReadingType", Espi);
        Write("accumulationBehaviour", type.Accumulation);
        Write("commodity", type.Commodity);
        if (type.Currency != 0) Write("currency", type.Currency);
        // DataQualifierKind: what is no average, minimum or maximum is normal.
        Write("dataQualifier", type.Aggregate == 0 ? 12 : type.Aggregate);
        Write("flowDirection", type.FlowDirection);
        Write("intervalLength", (long)channel.Interval.TotalSeconds);
        Write("kind", type.MeasurementKind);
        Write("phase", type.Phases);
        Write("powerOfTenMultiplier", multiplier);
        Write("timeAttribute", type.MacroPeriod);
        Write("uom", type.Unit);
        if (type.MeasuringPeriod != 0) Write("measuringPeriod", type.MeasuringPeriod);
        _xml.WriteEndElement();
    }

    private void WriteBlocks(BillingChannel channel, string meterReading, IReadOnlyList<BillingReading> readings, int power)
    {
        var next = 0;
        foreach (var day in _period.Days)
        {
            var first = next;
            while (next < readings.Count && (readings[next].At <= day.End || day.Date == _period.Last)) next++;
            if (next == first) continue;
            var count = next - first;
            Entry($"{meterReading}/IntervalBlock/{NumberOf("block", day.Date)}", $"{meterReading}/IntervalBlock", [], day.Date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), () => WriteBlock(channel, day, readings.Skip(first).Take(count), power));
        }
    }

    private void WriteBlock(BillingChannel channel, LocalDay day, IEnumerable<BillingReading> readings, int power)
    {
        _xml.WriteStartElement("IntervalBlock", Espi);
        WritePeriod("interval", day.Start, day.End - day.Start);
        foreach (var reading in readings)
        {
            _ = GreenButtonCodes.TryScale(reading.Value, power, out var value);
            _xml.WriteStartElement("IntervalReading", Espi);
            _xml.WriteStartElement("ReadingQuality", Espi);
            Write("quality", GreenButtonCodes.QualityOf(reading.Quality));
            _xml.WriteEndElement();
            WritePeriod("timePeriod", reading.At - channel.Interval, channel.Interval);
            Write("value", value);
            _xml.WriteEndElement();
        }

        _xml.WriteEndElement();
    }

    // DateTimeInterval: seconds, and seconds since 1970 UTC.
    private void WritePeriod(string name, DateTime start, TimeSpan duration)
    {
        _xml.WriteStartElement(name, Espi);
        Write("duration", (long)duration.TotalSeconds);
        Write("start", new DateTimeOffset(start, TimeSpan.Zero).ToUnixTimeSeconds());
        _xml.WriteEndElement();
    }

    private void Entry(string self, string up, string[] related, string title, Action content)
    {
        _xml.WriteStartElement("entry", Atom);
        _xml.WriteElementString("id", Atom, $"urn:uuid:{IdOf(_server, self)}");
        Link("self", self);
        Link("up", up);
        foreach (var to in related) Link("related", to);
        _xml.WriteElementString("title", Atom, title);
        _xml.WriteStartElement("content", Atom);
        content();
        _xml.WriteEndElement();
        _xml.WriteElementString("published", Atom, _at);
        _xml.WriteElementString("updated", Atom, _at);
        _xml.WriteEndElement();
    }

    private void Link(string relation, string to)
    {
        _xml.WriteStartElement("link", Atom);
        _xml.WriteAttributeString("rel", relation);
        _xml.WriteAttributeString("href", to);
        _xml.WriteEndElement();
    }

    private void Write(string name, long number) => Write(name, number.ToString(CultureInfo.InvariantCulture));

    private void Write(string name, string text) => _xml.WriteElementString(name, Espi, text);

    // RFC 9562 5.8: a UUID of one's own making.
    private static Guid IdOf(params object[] parts)
    {
        var bytes = SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', parts.Select(part => Convert.ToString(part, CultureInfo.InvariantCulture)))))[..16];
        bytes[6] = (byte)(bytes[6] & 0x0F | 0x80);
        bytes[8] = (byte)(bytes[8] & 0x3F | 0x80);
        return new Guid(bytes, bigEndian: true);
    }

    // Within a path: shorter, and as stable.
    private static string NumberOf(params object[] parts) => IdOf(parts).ToString("N")[..16];

    public async Task CompleteAsync(CancellationToken cancellation)
    {
        await _xml.WriteEndElementAsync().ConfigureAwait(false);
        await _xml.WriteEndDocumentAsync().ConfigureAwait(false);
        await _xml.FlushAsync().ConfigureAwait(false);
    }

    public ValueTask DisposeAsync() => _xml.DisposeAsync();
}
