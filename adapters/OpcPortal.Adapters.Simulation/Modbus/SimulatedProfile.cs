using System.Buffers.Binary;
using System.Text.Json.Nodes;
using OpcPortal.Adapters.Modbus;
using OpcPortal.Models;

namespace OpcPortal.Adapters.Simulation.Modbus;

/// <summary>What the records of a simulated load profile hold of one point: what a register has grown by within the interval.</summary>
/// <param name="Point">The BrowseName below the device's type.</param>
/// <param name="Register">The register at a time, in whole units of <paramref name="Scale"/>: the same roundings as the register itself has, so that intervals sum up to it exactly.</param>
/// <param name="Scale">From the number in the record to the engineering unit.</param>
public sealed record SimulatedProfileColumn(string Point, Func<DateTime, double> Register, double Scale);

/// <summary>
/// A load profile of a simulated device: a ring of records with the end of each interval, a status and what was consumed. As a function of the time it is full from the beginning: a device that was just
/// installed has the days before it too. Count, newest place and the records follow each other in one table.
/// </summary>
public sealed class SimulatedProfile(ModbusTable table, int address, TimeSpan interval, int capacity, params IReadOnlyList<SimulatedProfileColumn> columns)
{
    /// <summary>The name in the adapter's configuration.</summary>
    public const string Name = "load";

    private const int HeaderRegisters = 2;
    private const int TimeRegisters = 2;
    private const int StatusRegisters = 1;

    public IReadOnlyList<SimulatedProfileColumn> Columns => columns;

    public TimeSpan Interval => interval;

    private int RecordRegisters => TimeRegisters + StatusRegisters + (2 * columns.Count);

    /// <summary>Whether all of these registers are its own.</summary>
    public bool Contains(ModbusTable wanted, int first, int count) =>
        wanted == table && first >= address && first + count <= address + HeaderRegisters + (capacity * RecordRegisters);

    /// <summary>Reads registers.</summary>
    /// <param name="data">As on the wire.</param>
    /// <param name="now">UTC.</param>
    public void Read(int first, int count, DateTime now, Span<byte> data)
    {
        var newest = Newest(now);
        Span<byte> record = stackalloc byte[RecordRegisters * 2];
        var known = -1;
        for (var i = 0; i < count; i++)
        {
            var place = first + i - address - HeaderRegisters;
            if (place < 0)
            {
                BinaryPrimitives.WriteUInt16BigEndian(data[(2 * i)..], (ushort)(place == -HeaderRegisters ? capacity : newest % capacity));
                continue;
            }

            var slot = place / RecordRegisters;
            if (slot != known) Write(record, newest - ((newest - slot) % capacity));
            known = slot;
            record.Slice(place % RecordRegisters * 2, 2).CopyTo(data[(2 * i)..]);
        }
    }

    /// <summary>What a point has for the last interval that is over; null where it is none of the profile's.</summary>
    public PointValue? ValueOf(string point, DateTime now) => columns.FirstOrDefault(column => column.Point == point) is { } column
        ? PointValue.From(new Scaling(column.Scale, 0).ToUnit(Consumed(column, Newest(now)))) : null;

    /// <summary>The end of the last interval that is over.</summary>
    public DateTime LastEnd(DateTime now) => End(Newest(now));

    /// <summary>The object <c>profiles</c> of the adapter's configuration.</summary>
    /// <param name="poll">How often it is looked for new records.</param>
    public JsonObject Configure(TimeSpan poll) => new()
    {
        [Name] = new JsonObject
        {
            ["table"] = table.ToString().ToLowerInvariant(),
            ["address"] = address + HeaderRegisters,
            ["length"] = RecordRegisters,
            ["capacity"] = capacity,
            ["interval"] = MappingJson.Duration(interval),
            ["poll"] = MappingJson.Duration(poll),
            ["count"] = new JsonObject { ["address"] = address },
            ["newest"] = new JsonObject { ["address"] = address + 1 },
            ["time"] = new JsonObject { ["at"] = 0 },
            ["status"] = new JsonObject { ["at"] = TimeRegisters, ["bits"] = new JsonObject { ["0"] = "1.2.32", ["1"] = "1.4.2", ["2"] = "1.1.9" } },
        },
    };

    /// <summary>The mapping of a point in the adapter's configuration.</summary>
    public JsonObject Configure(SimulatedProfileColumn column)
    {
        var at = TimeRegisters + StatusRegisters + (2 * columns.ToList().IndexOf(column));
        return new JsonObject { ["profile"] = Name, ["at"] = at, ["format"] = "uint32", ["scale"] = column.Scale };
    }

    private long Newest(DateTime now) => (now - DateTime.UnixEpoch).Ticks / interval.Ticks;

    private DateTime End(long number) => DateTime.UnixEpoch + (interval * number);

    private double Consumed(SimulatedProfileColumn column, long number) => Math.Round(column.Register(End(number))) - Math.Round(column.Register(End(number - 1)));

    private void Write(Span<byte> record, long number)
    {
        record.Clear();
        BinaryPrimitives.WriteUInt32BigEndian(record, (uint)(End(number) - DateTime.UnixEpoch).TotalSeconds);
        for (var i = 0; i < columns.Count; i++)
            BinaryPrimitives.WriteUInt32BigEndian(record[((TimeRegisters + StatusRegisters + (2 * i)) * 2)..], (uint)Consumed(columns[i], number));
    }
}
