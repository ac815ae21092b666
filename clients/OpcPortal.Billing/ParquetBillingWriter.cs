using OpcPortal.Models;
using Parquet;
using Parquet.Schema;

namespace OpcPortal.Billing;

/// <summary>Readings as columns, in groups of rows of a bounded size.</summary>
internal sealed class ParquetBillingWriter : IBillingWriter
{
    // Readers hold a group in memory; larger ones compress no better.
    private const int GroupRows = 100_000;

    private static readonly DataField<string> Meter = new("meter"), Point = new("point"), Obis = new("obis"), Type = new("reading_type"), Unit = new("unit"), Quality = new("quality"), Status = new("status");
    private static readonly DateTimeDataField Start = Instant("start_utc"), End = Instant("end_utc");
    private static readonly DataField<double> Value = new("value", nullable: false);
    private static readonly ParquetSchema Schema = new(Meter, Point, Obis, Type, Start, End, Value, Unit, Quality, Status);

    private readonly ParquetWriter _writer;
    private readonly List<(BillingChannel Channel, BillingReading Reading)> _rows = [];

    private ParquetBillingWriter(ParquetWriter writer) => _writer = writer;

    public static async Task<ParquetBillingWriter> CreateAsync(Stream output, CancellationToken cancellation) =>
        new(await ParquetWriter.CreateAsync(Schema, output, cancellationToken: cancellation).ConfigureAwait(false));

    private static DateTimeDataField Instant(string name) => new(name, DateTimeFormat.Timestamp, isAdjustedToUTC: true, unit: DateTimeTimeUnit.Micros, isNullable: false);

    public async Task WriteAsync(BillingChannel channel, IReadOnlyList<BillingReading> readings, CancellationToken cancellation)
    {
        foreach (var reading in readings) _rows.Add((channel, reading));
        if (_rows.Count >= GroupRows) await FlushAsync(cancellation).ConfigureAwait(false);
    }

    public async Task CompleteAsync(CancellationToken cancellation)
    {
        if (_rows.Count > 0) await FlushAsync(cancellation).ConfigureAwait(false);
        // The footer, without which the file cannot be read.
        await _writer.DisposeAsync().ConfigureAwait(false);
    }

    private async Task FlushAsync(CancellationToken cancellation)
    {
        using var group = _writer.CreateRowGroup();
        await group.WriteAsync(Meter, Texts(row => row.Channel.Meter)).ConfigureAwait(false);
        await group.WriteAsync(Point, Texts(row => row.Channel.Point)).ConfigureAwait(false);
        await group.WriteAsync(Obis, Texts(row => row.Channel.Obis ?? "")).ConfigureAwait(false);
        await group.WriteAsync(Type, Texts(row => row.Channel.Type.ToString())).ConfigureAwait(false);
        await group.WriteAsync<DateTime>(Start, Values(row => row.Reading.At - row.Channel.Interval), cancellationToken: cancellation).ConfigureAwait(false);
        await group.WriteAsync<DateTime>(End, Values(row => row.Reading.At), cancellationToken: cancellation).ConfigureAwait(false);
        await group.WriteAsync<double>(Value, Values(row => row.Reading.Value), cancellationToken: cancellation).ConfigureAwait(false);
        await group.WriteAsync(Unit, Texts(row => row.Channel.Unit)).ConfigureAwait(false);
        await group.WriteAsync(Quality, Texts(row => row.Reading.Quality.ToString())).ConfigureAwait(false);
        await group.WriteAsync(Status, Texts(row => row.Reading.Status.ToString())).ConfigureAwait(false);
        group.CompleteValidate();
        _rows.Clear();
    }

    private string[] Texts(Func<(BillingChannel Channel, BillingReading Reading), string> of) => [.. _rows.Select(of)];

    private ReadOnlyMemory<T> Values<T>(Func<(BillingChannel Channel, BillingReading Reading), T> of) => _rows.Select(of).ToArray();

    public ValueTask DisposeAsync() => _writer.DisposeAsync();
}
