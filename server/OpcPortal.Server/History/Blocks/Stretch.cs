using System.Globalization;

namespace OpcPortal.Server;

/// <summary>
/// A month of a class of data: what is stored together, and deleted together when its time is over. Times that cannot be right, of clocks that were never set or are a century ahead, have a stretch of their
/// own at either end, so that no device makes the database have one for each month there ever was.
/// </summary>
internal readonly record struct Stretch(int Number)
{
    private const int ClassShift = 12;
    private const int MonthMask = (1 << ClassShift) - 1;
    private const int FirstYear = 2000;
    private const int EndYear = 2100;
    private const int Late = ((EndYear - FirstYear) * 12) + 1;

    private static readonly DateTime First = new(FirstYear, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    public static Stretch Of(byte dataClass, DateTime time) => new((dataClass << ClassShift) | MonthOf(time));

    public static int MonthOf(DateTime time) => time.Year < FirstYear ? 0 : time.Year >= EndYear ? Late : ((time.Year - FirstYear) * 12) + time.Month;

    public int DataClass => Number >> ClassShift;
    public int Month => Number & MonthMask;

    /// <summary>Whether its times can be right: only then they tell when they are over.</summary>
    public bool IsDated => Month is > 0 and < Late;

    /// <summary>Its first instant, UTC.</summary>
    public DateTime Start => StartOf(Month);

    /// <summary>The instant after its last, UTC.</summary>
    public DateTime End => EndOf(Month);

    public static DateTime StartOf(int month) => month == 0 ? DateTime.MinValue : First.AddMonths(month - 1);

    public static DateTime EndOf(int month) => month >= Late ? DateTime.MaxValue : First.AddMonths(month);

    /// <summary>As it stands in names of tables.</summary>
    public string Name => Month switch
    {
        0 => $"c{DataClass}_early",
        Late => $"c{DataClass}_late",
        _ => string.Create(CultureInfo.InvariantCulture, $"c{DataClass}_{Start:yyyyMM}"),
    };
}
