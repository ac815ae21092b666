namespace OpcPortal.Models;

/// <summary>All that the validation of a day of a channel rests on.</summary>
public sealed record StretchFacts
{
    public required ChannelRules Rules { get; init; }

    /// <summary>The day that is checked.</summary>
    public required LocalDay Day { get; init; }

    public required TimeSpan Length { get; init; }

    /// <summary>The unit of the point, for people.</summary>
    public string Unit { get; init; } = "";

    /// <summary>Every interval of the day and, where registers were read, of the span between them, with one before and one after: in order, without holes.</summary>
    public required IReadOnlyList<IntervalReading> Intervals { get; init; }

    /// <summary>By day: the like days before it, the newest first. Of days that are not here none are known.</summary>
    public IReadOnlyDictionary<DateOnly, IReadOnlyList<LikeDay>> LikeDays { get; init; } = new Dictionary<DateOnly, IReadOnlyList<LikeDay>>();

    /// <summary>The registers around the day; null: there are none, or they tell nothing.</summary>
    public RegisterSpan? Register { get; init; }

    /// <summary>The other channel of the sibling rule, by the ends of intervals.</summary>
    public IReadOnlyDictionary<DateTime, double> Sibling { get; init; } = new Dictionary<DateTime, double>();

    /// <summary>Since when there has been no supply, UTC; null: there is.</summary>
    public DateTime? InactiveSince { get; init; }

    /// <summary>Days before the first of these that were estimated whole, on end.</summary>
    public int EstimatedDaysBefore { get; init; }

    /// <summary>Whether the owner's rules make estimates fit for billing.</summary>
    public bool EstimatesAreBillable { get; init; }

    /// <summary>UTC.</summary>
    public required DateTime Now { get; init; }

    /// <summary>A number with the unit, for people.</summary>
    internal string Text(double value) => Unit.Length == 0 ? Number(value) : $"{Number(value)} {Unit}";

    /// <summary>A figure for people, in chains of quality.</summary>
    public static string Number(double value) => value.ToString("0.00##", System.Globalization.CultureInfo.InvariantCulture);
}
