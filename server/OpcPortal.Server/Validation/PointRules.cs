using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>What a point is to validation.</summary>
internal enum PointRole : byte
{
    /// <summary>Its readings are judged on arrival.</summary>
    Plain,

    /// <summary>It has what was used within intervals.</summary>
    Interval,

    /// <summary>It counts.</summary>
    Register,
}

/// <summary>What holds for a point of the devices of one layout.</summary>
/// <param name="Index">Which of its device's points it is, counted from the device's first.</param>
/// <param name="Member">Its name.</param>
/// <param name="Arrival">How it is judged on arrival; null: it is not.</param>
/// <param name="Channel">Of intervals and registers.</param>
internal sealed record PointRules(int Index, string Member, byte DataClass, ValidationRuleSet Set, ArrivalRule? Arrival, PointRole Role, ChannelUse? Channel)
{
    /// <summary>EURange; null where it has none, or it is not looked at.</summary>
    public OpcPortal.Ua.Range? Range { get; init; }

    /// <summary>Whether its unit is the one that the rules want.</summary>
    public bool HasUnit { get; init; } = true;
}

/// <summary>The rules of a channel with the points of a layout.</summary>
/// <param name="Interval">Counted from the device's first point.</param>
/// <param name="Register">-1: there is none.</param>
/// <param name="Inactive">The point of the rule; -1: there is none.</param>
/// <param name="Sibling">The point of the rule; -1: there is none.</param>
/// <param name="Unit">Of the interval point, for people.</param>
internal sealed record ChannelUse(ChannelRules Rules, ValidationRuleSet Set, int Interval, int Register, int Inactive, int Sibling, TimeSpan Length, string Unit, byte DataClass);

/// <summary>What holds for the points of the devices of one layout.</summary>
/// <param name="ByIndex">By the place of a point in its device; null where nothing holds.</param>
internal sealed record LayoutRules(IReadOnlyList<PointRules?> ByIndex, IReadOnlyList<ChannelUse> Channels)
{
    public static LayoutRules None { get; } = new([], []);
}
