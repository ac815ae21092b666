using OpcPortal.Adapters;
using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>Reads the rules of a channel: docs/validation.schema.json says the same, and a test compares the two.</summary>
internal static class ChannelReader
{
    private const int MaxIntervals = 100_000;
    private const int MaxWeeks = 104;
    private const int MaxRegisterDigits = 12;
    private const int HoursOfDay = 24;
    private static readonly TimeSpan MaxWait = TimeSpan.FromDays(400);

    /// <exception cref="ConfigurationException">Something is wrong.</exception>
    public static ChannelRules Read(ConfigElement item)
    {
        var checks = item.Find("checks");
        var length = item.Find("length");
        var rules = new ChannelRules
        {
            Interval = item.Get("interval").Text(128),
            Register = item.Optional("register", 128),
            Length = length?.Duration(TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)),
            MissingAfter = checks?.Find("missingAfter")?.Duration(TimeSpan.Zero, MaxWait) ?? TimeSpan.FromHours(2),
            ChecksDuplicates = checks?.Find("duplicates")?.Boolean() ?? true,
            Zero = checks?.Find("zero") is { } zero ? Zero(zero) : null,
            Limits = checks?.Find("limits") is { } limits ? Limits(limits) : null,
            Shares = checks?.Find("likeDays") is { } shares ? Shares(shares) : null,
            Spike = checks?.Find("spike") is { } spike ? Spike(spike) : null,
            Sum = checks?.Find("sum") is { } sum ? Sum(sum) : null,
            Inactive = checks?.Find("inactive") is { } inactive ? Inactive(inactive) : null,
            Sibling = checks?.Find("sibling") is { } sibling ? Sibling(sibling) : null,
            AcceptsConfirmed = checks?.Find("acceptConfirmed")?.Boolean() ?? true,
            Estimation = item.Find("estimation") is { } estimation ? Estimation(estimation) : null,
            RegisterForm = item.Find("registerForm") is { } form ? Form(form) : RegisterRule.Unknown,
        };
        checks?.RefuseUnread();
        item.RefuseUnread();
        if (rules.Length is { } of && TimeSpan.FromDays(1).Ticks % of.Ticks != 0) throw length!.Wrong("a day is to have a whole number of intervals");
        if (rules is { Sum: not null, Register: null }) throw checks!.Get("sum").Wrong("a sum is compared with a register: name it by \"register\"");
        return rules;
    }

    private static ZeroRule Zero(ConfigElement item) => Done(item, new ZeroRule(item.Get("maxIntervals").Integer(1, MaxIntervals)));

    private static LimitRule Limits(ConfigElement item)
    {
        var high = item.Get("high");
        var rule = Done(item, new LimitRule(item.Find("low")?.Number() ?? 0, high.Number()));
        return rule.Low < rule.High ? rule : throw high.Wrong("\"high\" is not above \"low\"");
    }

    private static ShareRule Shares(ConfigElement item)
    {
        var high = item.Find("high");
        var rule = Done(item, new ShareRule(Positive(item, "low", 0), high is null ? double.MaxValue : high.Number(), Positive(item, "above", 0)));
        return rule.Low < rule.High ? rule : throw high!.Wrong("\"high\" is not above \"low\"");
    }

    private static SpikeRule Spike(ConfigElement item) => Done(item, new SpikeRule(Positive(item, "ratio", 1.8), Positive(item, "above", 0)));

    private static SumRule Sum(ConfigElement item) =>
        Done(item, new SumRule(Positive(item, "percent", 0.5), Positive(item, "slack", 0), item.Find("maxSpan")?.Duration(TimeSpan.FromHours(1), MaxWait) ?? TimeSpan.FromDays(35)));

    private static InactiveRule Inactive(ConfigElement item) => Done(item, new InactiveRule(item.Get("point").Text(128), Positive(item, "above", 0)));

    private static SiblingRule Sibling(ConfigElement item) => Done(item, new SiblingRule(item.Get("point").Text(128), Positive(item, "above", 0)));

    private static RegisterRule Form(ConfigElement item) => Done(item, new RegisterRule(item.Find("digits")?.Integer(1, MaxRegisterDigits) ?? 0, item.Find("allowsReset")?.Boolean() ?? false));

    private static EstimationRules Estimation(ConfigElement item)
    {
        var defaults = new EstimationRules();
        var order = item.Find("order");
        var profile = item.Find("profile");
        var likeDays = item.Find("likeDays");
        var rules = new EstimationRules
        {
            After = item.Find("after")?.Duration(TimeSpan.Zero, MaxWait) ?? defaults.After,
            Order = order is null ? defaults.Order : [.. order.Items.Select(method => method.OneOf<EstimationMethod>())],
            MaxInterpolated = item.Find("maxInterpolated")?.Integer(0, MaxIntervals) ?? defaults.MaxInterpolated,
            LikeDays = likeDays?.Find("days")?.Integer(1, 60) ?? defaults.LikeDays,
            MinLikeDays = likeDays?.Find("atLeast")?.Integer(1, 60) ?? defaults.MinLikeDays,
            Weeks = likeDays?.Find("weeks")?.Integer(1, MaxWeeks) ?? defaults.Weeks,
            Profile = profile is null ? [] : [.. profile.Items.Select(hour => hour.Number())],
            MaxDays = item.Find("maxDays")?.Integer(0, 3660) ?? defaults.MaxDays,
            ReplacesFailed = item.Find("replaceFailed")?.Boolean() ?? false,
        };
        likeDays?.RefuseUnread();
        item.RefuseUnread();
        if (rules.Order.Count == 0 || rules.Order.Distinct().Count() != rules.Order.Count) throw order!.Wrong("at least one method is wanted here, and none twice");
        if (profile is not null && rules.Profile.Count != HoursOfDay) throw profile.Wrong($"{HoursOfDay} numbers are wanted here: one an hour");
        return rules.MinLikeDays <= rules.LikeDays ? rules : throw likeDays!.Wrong("\"atLeast\" is more than \"days\"");
    }

    private static double Positive(ConfigElement item, string member, double otherwise)
    {
        if (item.Find(member) is not { } element) return otherwise;
        var number = element.Number();
        return number >= 0 ? number : throw element.Wrong("a number from 0 on is wanted here");
    }

    private static T Done<T>(ConfigElement item, T rule)
    {
        item.RefuseUnread();
        return rule;
    }
}
