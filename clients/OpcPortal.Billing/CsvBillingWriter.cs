using System.Globalization;
using System.Text;
using OpcPortal.Models;

namespace OpcPortal.Billing;

/// <summary>A line a reading, with times in UTC and as the clock on the wall showed them. RFC 4180, UTF-8; numbers have a decimal point.</summary>
internal sealed class CsvBillingWriter : IBillingWriter
{
    private const string Head = "meter,point,obis,reading_type,start_utc,end_utc,end_local,value,unit,quality,status";
    private const string Utc = "yyyy-MM-dd'T'HH:mm:ss'Z'";

    private readonly StreamWriter _writer;
    private readonly TimeZoneInfo _zone;

    private CsvBillingWriter(StreamWriter writer, TimeZoneInfo zone)
    {
        _writer = writer;
        _zone = zone;
    }

    public static async Task<CsvBillingWriter> CreateAsync(Stream output, BillingPeriod period, CancellationToken cancellation)
    {
        // RFC 4180 2.1: lines end with CR and LF.
        var writer = new StreamWriter(output, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), leaveOpen: true) { NewLine = "\r\n" };
        await writer.WriteLineAsync(Head.AsMemory(), cancellation).ConfigureAwait(false);
        return new CsvBillingWriter(writer, period.Zone);
    }

    public async Task WriteAsync(BillingChannel channel, IReadOnlyList<BillingReading> readings, CancellationToken cancellation)
    {
        var beginning = $"{Quoted(channel.Meter)},{Quoted(channel.Point)},{Quoted(channel.Obis ?? "")},{channel.Type},";
        var line = new StringBuilder();
        foreach (var reading in readings)
        {
            line.Clear().Append(beginning);
            line.Append(CultureInfo.InvariantCulture, $"{(reading.At - channel.Interval).ToString(Utc, CultureInfo.InvariantCulture)},{reading.At.ToString(Utc, CultureInfo.InvariantCulture)},{LocalOf(reading.At)},");
            line.Append(CultureInfo.InvariantCulture, $"{reading.Value:R},{Quoted(channel.Unit)},{reading.Quality},{reading.Status}");
            await _writer.WriteLineAsync(line, cancellation).ConfigureAwait(false);
        }
    }

    // With its offset: an hour in autumn comes twice.
    private string LocalOf(DateTime utc) => TimeZoneInfo.ConvertTime(new DateTimeOffset(utc, TimeSpan.Zero), _zone).ToString("yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture);

    private static string Quoted(string text) => text.AsSpan().IndexOfAny(",\"\r\n") < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    public Task CompleteAsync(CancellationToken cancellation) => _writer.FlushAsync(cancellation);

    public ValueTask DisposeAsync() => _writer.DisposeAsync();
}
