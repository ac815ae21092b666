namespace OpcPortal.Adapters.Modbus.Tests;

/// <summary>A meter with a load profile of eight records in registers: count and newest at 10 and 11, records of time, status and energy from 20 on. Register 0 is polled.</summary>
internal sealed class RingMeter
{
    public const int Capacity = 8;
    public const int Header = 10;
    public const int Records = 20;
    public const int Length = 5;

    public const string Points = """
        "Live": { "table": "holding", "address": 0 }, "Energy": { "profile": "load", "at": 3, "format": "uint32", "scale": 0.001 }
        """;

    public static readonly TimeSpan Interval = TimeSpan.FromMinutes(15);
    public static readonly DateTime Noon = new(2026, 3, 4, 12, 0, 0, DateTimeKind.Utc);

    private int _newest = Capacity - 1;
    private int _count;

    public RegisterBank Bank { get; } = new(new ushort[Records + (Capacity * Length)]);

    public static string Configuration(string profile = "", string connection = "") => TestFiles.OneDevice(Points, connection, $$"""
        , "poll": "10 s", "profiles": { "load": { "table": "holding", "address": {{Records}}, "length": {{Length}}, "capacity": {{Capacity}}, "interval": "15 min", "poll": "1 min",
          "count": { "address": {{Header}} }, "newest": { "address": {{Header + 1}} }, "time": { "at": 0 },
          "status": { "at": 2, "bits": { "0": "1.2.32", "3": "1.1.3", "7": "1.4.5" } }{{profile}} } }
        """);

    /// <summary>The end of the interval of a number, from noon on.</summary>
    public static DateTime End(int number) => Noon + (number * Interval);

    /// <summary>The device notes an interval.</summary>
    public void Note(DateTime end, uint wattHours, ushort status = 0)
    {
        _newest = (_newest + 1) % Capacity;
        _count = Math.Min(_count + 1, Capacity);
        var seconds = (uint)(end - DateTime.UnixEpoch).TotalSeconds;
        ushort[] record = [(ushort)(seconds >> 16), (ushort)seconds, status, (ushort)(wattHours >> 16), (ushort)wattHours];
        record.CopyTo(Bank.Registers, Records + (_newest * Length));
        Tell(_count, _newest);
    }

    /// <summary>It notes so many intervals, each with its number in watt hours.</summary>
    public void NoteAll(int first, int count)
    {
        for (var number = first; number < first + count; number++) Note(End(number), (uint)number);
    }

    /// <summary>What it says that it has, be it true or not.</summary>
    public void Tell(int count, int newest) => (Bank.Registers[Header], Bank.Registers[Header + 1]) = ((ushort)count, (ushort)newest);

    /// <summary>All is forgotten, as of a device that was exchanged.</summary>
    public void BeginAnew()
    {
        (_newest, _count) = (Capacity - 1, 0);
        Bank.Registers.AsSpan(Records).Clear();
        Tell(0, 0);
    }
}
