namespace OpcPortal.Models;

/// <summary>How long nothing may be used.</summary>
/// <param name="MaxIntervals">So many intervals of nothing in a row pass.</param>
public sealed record ZeroRule(int MaxIntervals);

/// <summary>What an interval may be, in the unit of its point.</summary>
public sealed record LimitRule(double Low, double High);

/// <summary>What a day may be beside the average of like days.</summary>
/// <param name="Low">Share of the average that it has at least, such as 0.1.</param>
/// <param name="High">Share of the average that it has at most, such as 4.</param>
/// <param name="Above">Averages up to this pass: of next to nothing everything is far away. In the unit of the point, for a day.</param>
public sealed record ShareRule(double Low, double High, double Above);

/// <summary>How far the highest interval of a day may stand out from the third highest: the spike check of the VEE rules of the California utilities (DASMMD).</summary>
/// <param name="Ratio">The highest less the third highest, over the third highest: 1.8 passes, more fails.</param>
/// <param name="Above">Days whose highest interval is up to this pass, in the unit of the point.</param>
public sealed record SpikeRule(double Ratio, double Above);

/// <summary>How near the sum of intervals has to come to the difference of the register.</summary>
/// <param name="Percent">Of the difference.</param>
/// <param name="Slack">In the unit of the point: what the last digit of a register cannot show.</param>
/// <param name="MaxSpan">Registers further apart are not compared.</param>
public sealed record SumRule(double Percent, double Slack, TimeSpan MaxSpan);

/// <summary>Nothing is used where the supply is off.</summary>
/// <param name="Point">The two-state point that is true while there is supply.</param>
/// <param name="Above">So much may be used all the same, in the unit of the interval's point.</param>
public sealed record InactiveRule(string Point, double Above);

/// <summary>Two channels of one meter that exclude each other, such as import and export.</summary>
/// <param name="Point">The interval point of the other channel.</param>
/// <param name="Above">Where both are above this in one interval they contradict each other, in the unit of the point.</param>
public sealed record SiblingRule(string Point, double Above);

/// <summary>How a register counts.</summary>
/// <param name="Digits">Digits before the point: it rolls over after so many nines. 0: not known, it never does.</param>
/// <param name="AllowsReset">Whether going back to about nothing is a reset rather than a fault.</param>
public sealed record RegisterRule(int Digits, bool AllowsReset)
{
    public static RegisterRule Unknown { get; } = new(0, false);
}

/// <summary>A way to estimate what is missing.</summary>
public enum EstimationMethod
{
    /// <summary>A line between the intervals before and after.</summary>
    Interpolation,

    /// <summary>The average of the same time on like days.</summary>
    LikeDays,

    /// <summary>A profile of the day.</summary>
    Profile,

    /// <summary>What the register has and the intervals have not: estimates of other methods are scaled to it, or it is spread evenly.</summary>
    Register,
}

/// <summary>How what is missing is estimated.</summary>
public sealed record EstimationRules
{
    /// <summary>So long after its end an interval is estimated.</summary>
    public TimeSpan After { get; init; } = TimeSpan.FromDays(1);

    /// <summary>The first that can serve does. Where <see cref="EstimationMethod.Register"/> is among them, what the others give is scaled to the register once it closes the gap.</summary>
    public IReadOnlyList<EstimationMethod> Order { get; init; } = [EstimationMethod.Interpolation, EstimationMethod.LikeDays, EstimationMethod.Profile, EstimationMethod.Register];

    /// <summary>Longer gaps are not interpolated, in intervals.</summary>
    public int MaxInterpolated { get; init; } = 8;

    /// <summary>Like days that are averaged, at most.</summary>
    public int LikeDays { get; init; } = 4;

    /// <summary>Like days that there have to be.</summary>
    public int MinLikeDays { get; init; } = 1;

    /// <summary>How far back they may be.</summary>
    public int Weeks { get; init; } = 8;

    /// <summary>What is used in each hour of a day, from midnight of the wall clock on, in the unit of the point: 24 numbers; empty: there is no profile.</summary>
    public IReadOnlyList<double> Profile { get; init; } = [];

    /// <summary>After so many days of estimates on end, estimates are no longer fit for billing.</summary>
    public int MaxDays { get; init; } = 30;

    /// <summary>Whether what fails validation is estimated too. What the device gave is kept beside.</summary>
    public bool ReplacesFailed { get; init; }
}

/// <summary>How the intervals of a point are validated and estimated.</summary>
public sealed record ChannelRules
{
    /// <summary>The interval point, by its name in its type.</summary>
    public required string Interval { get; init; }

    /// <summary>The register point that counts the same; null: there is none.</summary>
    public string? Register { get; init; }

    /// <summary>The length of an interval; null: as the type says.</summary>
    public TimeSpan? Length { get; init; }

    /// <summary>So long after its end an interval that did not come is known to be missing.</summary>
    public TimeSpan MissingAfter { get; init; } = TimeSpan.FromHours(2);

    /// <summary>Whether another value for the same time is a fault; the newest holds in any case.</summary>
    public bool ChecksDuplicates { get; init; } = true;

    public ZeroRule? Zero { get; init; }
    public LimitRule? Limits { get; init; }
    public ShareRule? Shares { get; init; }
    public SpikeRule? Spike { get; init; }
    public SumRule? Sum { get; init; }
    public InactiveRule? Inactive { get; init; }
    public SiblingRule? Sibling { get; init; }
    public EstimationRules? Estimation { get; init; }
    public RegisterRule RegisterForm { get; init; } = RegisterRule.Unknown;

    /// <summary>Whether spikes, and days far from like days, pass where the register has the same sum.</summary>
    public bool AcceptsConfirmed { get; init; } = true;
}
