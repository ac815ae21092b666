namespace OpcPortal.Models;

/// <summary>
/// Who owns, is responsible for and operates a device, or one data class of it, and when. Where periods follow each other, history before the change stays with the former owner.
/// The most specific holds: a data class of a device, a device, a portal.
/// </summary>
public sealed record Stewardship
{
    /// <summary>Unique in the server.</summary>
    public required string Id { get; init; }

    public required string Portal { get; init; }

    /// <summary>Null: the portal itself, and every device of it for which nothing else is said.</summary>
    public string? Device { get; init; }

    /// <summary>The name of a data class; null: all of them.</summary>
    public string? DataClass { get; init; }

    /// <summary>The owning entity; null: as the devices' configuration says.</summary>
    public string? Owner { get; init; }

    /// <summary>Who is responsible that the data is correct; null: the owner, who stands to it as owner alone.</summary>
    public string? Custodian { get; init; }

    /// <summary>Who runs it; null: the owner, who stands to it as owner alone.</summary>
    public string? Operator { get; init; }

    public required ActivePeriod Period { get; init; }
}

/// <summary>A customer lives or works at the premises of a portal. A new occupant never sees what was the former one's.</summary>
public sealed record Tenancy
{
    /// <summary>Unique in the server.</summary>
    public required string Id { get; init; }

    public required string Portal { get; init; }
    public required string Customer { get; init; }
    public required ActivePeriod Period { get; init; }
}

/// <summary>What rules need to know of the premises of a portal.</summary>
public sealed record Premises
{
    public required string Portal { get; init; }

    /// <summary>Such as <c>US-CA</c>; null where none is known, which no rule for a jurisdiction fits.</summary>
    public string? Jurisdiction { get; init; }

    /// <summary>Facts that interlocks go by, such as <c>life-support</c>.</summary>
    public IReadOnlyList<string> Flags { get; init; } = [];
}
