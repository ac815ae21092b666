using System.Numerics;

namespace OpcPortal.Models;

/// <summary>What binds readings, as a value.</summary>
internal readonly record struct Bounds(QualityLevel MinimumQuality, DateTime NotBefore, TimeSpan HistoryDepth)
{
    /// <summary>No bound at all.</summary>
    public static readonly Bounds Open = new(QualityLevel.Any, DateTime.MinValue, TimeSpan.MaxValue);

    /// <summary>Tighter than any that a rule sets: where the loosest is looked for, one begins here.</summary>
    public static readonly Bounds Closed = new((QualityLevel)byte.MaxValue, DateTime.MaxValue, TimeSpan.MinValue);

    public static Bounds Loosest(in Bounds a, in Bounds b) => new(
        a.MinimumQuality < b.MinimumQuality ? a.MinimumQuality : b.MinimumQuality,
        a.NotBefore < b.NotBefore ? a.NotBefore : b.NotBefore,
        a.HistoryDepth > b.HistoryDepth ? a.HistoryDepth : b.HistoryDepth);

    public static Bounds Tightest(in Bounds a, in Bounds b) => new(
        a.MinimumQuality > b.MinimumQuality ? a.MinimumQuality : b.MinimumQuality,
        a.NotBefore > b.NotBefore ? a.NotBefore : b.NotBefore,
        a.HistoryDepth < b.HistoryDepth ? a.HistoryDepth : b.HistoryDepth);

    /// <summary>How far back history goes binds neither the present value nor its changes.</summary>
    public Bounds WithoutDepth => this with { HistoryDepth = TimeSpan.MaxValue };

    // Asked for in each decision: what records do by themselves costs several times as much.
    public bool Equals(Bounds other) => MinimumQuality == other.MinimumQuality && NotBefore.Ticks == other.NotBefore.Ticks && HistoryDepth.Ticks == other.HistoryDepth.Ticks;

    public override int GetHashCode() => Bits.GetHashCode();

    /// <summary>All of it, mixed into one word.</summary>
    internal ulong Bits => (ulong)NotBefore.Ticks ^ ((ulong)MinimumQuality << 61) ^ ((ulong)HistoryDepth.Ticks * 0xD6E8FEB86659FD93);

    public ReadTerms ToTerms() => this == Open ? ReadTerms.Unbound : new ReadTerms(MinimumQuality, NotBefore, HistoryDepth == TimeSpan.MaxValue ? null : HistoryDepth);
}

/// <summary>The bounds of each of the three ways to get at readings.</summary>
internal readonly record struct ReadBounds(Bounds Reading, Bounds Watching, Bounds History)
{
    public static readonly ReadBounds Open = new(Bounds.Open, Bounds.Open, Bounds.Open);

    public bool Equals(ReadBounds other) => Reading.Equals(other.Reading) && Watching.Equals(other.Watching) && History.Equals(other.History);

    // Days lie far apart in ticks and differ in few bits: a multiplication spreads them.
    public override int GetHashCode() =>
        (int)(((Reading.Bits ^ BitOperations.RotateLeft(Watching.Bits, 21) ^ BitOperations.RotateLeft(History.Bits, 42)) * 0x9E3779B97F4A7C15) >> 33);
}
