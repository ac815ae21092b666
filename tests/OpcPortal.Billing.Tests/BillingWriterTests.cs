using System.Globalization;
using System.Text;
using System.Xml;
using System.Xml.Linq;
using System.Xml.Schema;
using CsCheck;
using OpcPortal.Models;
using Parquet;
using Parquet.Schema;

namespace OpcPortal.Billing.Tests;

/// <summary>The three forms of an export say the same, each by its rules.</summary>
public sealed class BillingWriterTests
{
    private static readonly XNamespace Atom = "http://www.w3.org/2005/Atom", Espi = "http://naesb.org/espi";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static async Task<byte[]> WriteAsync(BillingFormat format, BillingPeriod period, params (BillingChannel Channel, IReadOnlyList<BillingReading> Readings)[] channels)
    {
        using var output = new MemoryStream();
        await using (var writer = await BillingWriters.CreateAsync(format, output, period, "urn:test:server", Metered.At, Token))
        {
            foreach (var (channel, readings) in channels) await writer.WriteAsync(channel, readings, Token);
            await writer.CompleteAsync(Token);
        }

        return output.ToArray();
    }

    private static async Task<XDocument> GreenButtonAsync(BillingPeriod period, params (BillingChannel, IReadOnlyList<BillingReading>)[] channels) =>
        XDocument.Load(new MemoryStream(await WriteAsync(BillingFormat.GreenButton, period, channels)));

    [Fact]
    public async Task Csv_has_a_line_a_reading_with_both_its_times()
    {
        var period = Metered.Day(2026, 10, 25);
        var lines = Encoding.UTF8.GetString(await WriteAsync(BillingFormat.Csv, period, (Metered.Energy, Metered.Full(Metered.Energy, period)))).Split("\r\n");
        Assert.Equal("meter,point,obis,reading_type,start_utc,end_utc,end_local,value,unit,quality,status", lines[0]);
        Assert.Equal("oak-1/meter,IntervalEnergyImport,1-0:1.29.0,0.0.2.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0,2026-10-24T22:00:00Z,2026-10-24T22:15:00Z,2026-10-25T00:15:00+02:00,0.25,kWh,3.0.1,Good", lines[1]);
        // Clocks go back: 25 hours, and the hour from 2 to 3 comes twice, told apart by its offset.
        Assert.Equal(100, lines.Length - 2);
        Assert.Equal(["+01:00", "+02:00"], lines.Where(line => line.Contains("T02:30:00+", StringComparison.Ordinal)).Select(line => line.Split(',')[6][^6..]).Order());
        Assert.Empty(lines[^1]);
    }

    [Fact]
    public async Task Csv_quotes_what_would_break_its_line()
    {
        var period = Metered.Day(2026, 6, 1);
        var channel = Metered.Gas with { Meter = "a \"b\", c", Unit = "m³" };
        var text = Encoding.UTF8.GetString(await WriteAsync(BillingFormat.Csv, period, (channel, Metered.Full(channel, period))));
        Assert.Contains("\r\n\"a \"\"b\"\", c\",IntervalVolume,,", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Parquet_gives_back_what_was_written()
    {
        var period = Metered.Day(2026, 3, 29);
        var readings = Metered.Full(Metered.Energy, period, i => i / 1000.0);
        await using var reader = await ParquetReader.CreateAsync(new MemoryStream(await WriteAsync(BillingFormat.Parquet, period, (Metered.Energy, readings), (Metered.Gas, Metered.Full(Metered.Gas, period)))), cancellationToken: Token);
        Assert.Equal(["meter", "point", "obis", "reading_type", "start_utc", "end_utc", "value", "unit", "quality", "status"], reader.Schema.GetDataFields().Select(field => field.Name));
        using var group = reader.OpenRowGroupReader(0);
        // Clocks go forward: 23 hours.
        Assert.Equal(92 + 23, group.RowCount);
        var (ends, values, points) = (new DateTime[group.RowCount], new double[group.RowCount], new string[group.RowCount]);
        await group.ReadAsync<DateTime>(Field(reader, "end_utc"), ends, cancellationToken: Token);
        await group.ReadAsync<double>(Field(reader, "value"), values, cancellationToken: Token);
        await group.ReadAsync(Field(reader, "point"), points);
        Assert.Equal(readings.Select(reading => reading.At), ends.Take(92));
        Assert.Equal(readings.Select(reading => reading.Value), values.Take(92));
        Assert.Equal("IntervalVolume", points[^1]);
    }

    private static DataField Field(ParquetReader reader, string name) => reader.Schema.GetDataFields().Single(field => field.Name == name);

    [Fact]
    public async Task Green_Button_keeps_to_the_rules_of_its_elements()
    {
        var period = new BillingPeriod(new DateOnly(2026, 10, 24), new DateOnly(2026, 10, 26), Metered.Berlin);
        var registers = period.Midnights.Select((midnight, i) => new BillingReading(midnight, 1234.567 + i, ReadingStatus.Good, Metered.Validated)).ToList();
        var bytes = await WriteAsync(BillingFormat.GreenButton, period, (Metered.Energy, Metered.Full(Metered.Energy, period)), (Metered.Register, registers), (Metered.Gas, Metered.Full(Metered.Gas, period)));
        var rules = new XmlSchemaSet();
        rules.Add(Espi.NamespaceName, Path.Combine(AppContext.BaseDirectory, "green-button.xsd"));
        var resources = XDocument.Load(new MemoryStream(bytes)).Descendants(Atom + "content").Elements().ToArray();
        Assert.All(resources, resource => new XDocument(resource).Validate(rules, (_, flaw) => Assert.Fail($"{resource.Name.LocalName}: {flaw.Message}")));
        // A register is read at each midnight, the last one included; three days of intervals are three blocks.
        Assert.Equal(["IntervalBlock:9", "LocalTimeParameters:1", "MeterReading:3", "ReadingType:3", "UsagePoint:2"], resources.GroupBy(resource => resource.Name.LocalName).Select(group => $"{group.Key}:{group.Count()}").Order());
    }

    [Fact]
    public async Task Green_Button_entries_hang_together_by_their_links()
    {
        var period = Metered.Day(2026, 6, 1);
        var feed = await GreenButtonAsync(period, (Metered.Energy, Metered.Full(Metered.Energy, period)));
        var entries = feed.Root!.Elements(Atom + "entry").ToDictionary(entry => entry.Element(Atom + "content")!.Elements().Single().Name.LocalName);
        Assert.Equal($"{Link(entries["UsagePoint"], "self")}/MeterReading", Link(entries["MeterReading"], "up"));
        Assert.Equal($"{Link(entries["MeterReading"], "self")}/IntervalBlock", Link(entries["IntervalBlock"], "up"));
        Assert.Contains(Link(entries["ReadingType"], "self"), Related(entries["MeterReading"]));
        Assert.Contains(Link(entries["LocalTimeParameters"], "self"), Related(entries["UsagePoint"]));
        Assert.All(entries.Values, entry => Assert.True(Guid.TryParse(entry.Element(Atom + "id")!.Value["urn:uuid:".Length..], out _)));
        // Two exports of one period give things the same names.
        var again = await GreenButtonAsync(period, (Metered.Energy, Metered.Full(Metered.Energy, period)));
        Assert.Equal(feed.Descendants(Atom + "id").Select(id => id.Value), again.Descendants(Atom + "id").Select(id => id.Value));
    }

    [Fact]
    public async Task Green_Button_says_energy_in_whole_numbers_with_start_duration_and_quality()
    {
        var period = Metered.Day(2026, 6, 1);
        var readings = Metered.Full(Metered.Energy, period, i => 0.1 * i);
        readings[3] = readings[3] with { Quality = QualityCodes.BillableLikeDays.By(QualityOrigin.MeterDataManagement), Status = ReadingStatus.UncertainSubstituteValue };
        var feed = await GreenButtonAsync(period, (Metered.Energy, readings));
        var type = feed.Descendants(Espi + "ReadingType").Single();
        // Delta data of electricity, normal, forward, each 900 s, energy, in 10^0 watt hours: 0.1 kWh is no whole number of kilowatt hours, and is one of watt hours.
        Assert.Equal(
            ["accumulationBehaviour=4", "commodity=1", "dataQualifier=12", "flowDirection=1", "intervalLength=900", "kind=12", "phase=0", "powerOfTenMultiplier=0", "timeAttribute=0", "uom=72", "measuringPeriod=2"],
            type.Elements().Select(element => $"{element.Name.LocalName}={element.Value}"));
        var third = feed.Descendants(Espi + "IntervalReading").ElementAt(3);
        Assert.Equal("300", third.Element(Espi + "value")!.Value);
        Assert.Equal("8", third.Descendants(Espi + "quality").Single().Value);
        Assert.Equal("900", third.Element(Espi + "timePeriod")!.Element(Espi + "duration")!.Value);
        Assert.Equal(new DateTimeOffset(2026, 5, 31, 22, 45, 0, TimeSpan.Zero).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture), third.Element(Espi + "timePeriod")!.Element(Espi + "start")!.Value);
    }

    // ESPI, DstRuleType. In Berlin clocks go forward on the last Sunday of March at 2, and back on the last Sunday of October at 3. The rule of New York is known from published files: B40E2000.
    [Fact]
    public void Daylight_saving_time_is_told_as_a_rule()
    {
        var lastSunday = TimeZoneInfo.TransitionTime.CreateFloatingDateRule(new DateTime(1, 1, 1, 3, 0, 0), 10, 5, DayOfWeek.Sunday);
        Assert.Equal(0xAE0E3000u, GreenButtonCodes.RuleOf(lastSunday));
        Assert.Equal(0xB40E2000u, GreenButtonCodes.RuleOf(TimeZoneInfo.TransitionTime.CreateFloatingDateRule(new DateTime(1, 1, 1, 2, 0, 0), 11, 1, DayOfWeek.Sunday)));
        Assert.Equal(0x360E2000u, GreenButtonCodes.RuleOf(TimeZoneInfo.TransitionTime.CreateFloatingDateRule(new DateTime(1, 1, 1, 2, 0, 0), 3, 2, DayOfWeek.Sunday)));
    }

    [Fact]
    public async Task A_zone_without_daylight_saving_time_says_so()
    {
        var period = new BillingPeriod(new DateOnly(2026, 6, 1), new DateOnly(2026, 6, 1), TimeZoneInfo.Utc);
        var time = (await GreenButtonAsync(period, (Metered.Energy, Metered.Full(Metered.Energy, period)))).Descendants(Espi + "LocalTimeParameters").Single();
        Assert.Equal(["FFFFFFFF", "0", "FFFFFFFF", "0"], time.Elements().Select(element => element.Value));
    }

    // CsCheck prints the seed of a failure.
    [Fact]
    public void A_value_that_is_scaled_loses_no_digit() => Gen.Select(Gen.Long[-1_000_000_000, 1_000_000_000], Gen.Int[0, 6]).Sample((digits, decimals) =>
    {
        var value = (double)(digits / Pow(decimals));
        Assert.True(GreenButtonCodes.TryScale(value, decimals, out var scaled));
        Assert.Equal(digits, scaled);
    });

    [Theory]
    [InlineData(double.NaN, 0)]
    [InlineData(double.PositiveInfinity, 0)]
    [InlineData(0.25, 1)]
    [InlineData(1e14, 3)]
    public void What_is_no_whole_number_of_48_bits_is_not_scaled(double value, int power)
    {
        Assert.False(GreenButtonCodes.TryScale(value, power, out _));
        Assert.True(GreenButtonCodes.TryScale(0.25, 2, out var scaled));
        Assert.Equal(25, scaled);
    }

    [Fact]
    public async Task A_commodity_without_a_service_is_refused_by_Green_Button_alone()
    {
        var period = Metered.Day(2026, 6, 1);
        var steam = Metered.Channel("Steam", "0.0.7.4.1.10.58.0.0.0.0.0.0.0.0.0.42.0", "m³", TimeSpan.FromHours(1));
        await Assert.ThrowsAsync<BillingExportException>(() => GreenButtonAsync(period, (steam, Metered.Full(steam, period))));
        Assert.NotEmpty(await WriteAsync(BillingFormat.Csv, period, (steam, Metered.Full(steam, period))));
    }

    private static string Link(XElement entry, string relation) => entry.Elements(Atom + "link").Single(link => link.Attribute("rel")!.Value == relation).Attribute("href")!.Value;

    private static IEnumerable<string> Related(XElement entry) => entry.Elements(Atom + "link").Where(link => link.Attribute("rel")!.Value == "related").Select(link => link.Attribute("href")!.Value);

    private static decimal Pow(int decimals) => decimals == 0 ? 1m : 10m * Pow(decimals - 1);
}
