namespace OpcPortal.Models;

/// <summary>Who decides first. The first layer that says anything of an operation decides it; deny wins within a layer; where none speaks, it is denied.</summary>
public enum PolicyLayer : byte
{
    /// <summary>A government mandate or legal interlock: it widens and narrows, and cites what it rests on.</summary>
    Mandate = 1,

    /// <summary>Rules of the house that no tenant can shadow.</summary>
    Operator = 2,

    /// <summary>What owners may do with their own, and what they keep to themselves.</summary>
    Owner = 3,

    /// <summary>Two-sided agreements. They only allow: nobody gains by the loss of one.</summary>
    Agreement = 4,

    /// <summary>What a class of entities may do where nothing else was said.</summary>
    Class = 5,
}

public enum RuleEffect : byte
{
    Deny = 0,
    Allow = 1,
}

/// <summary>How an entity stands to a part of the fleet.</summary>
[Flags]
public enum Relation : byte
{
    None = 0,
    Owner = 1,
    Custodian = 2,
    Operator = 4,

    /// <summary>The present occupant of the premises.</summary>
    Customer = 8,
}

/// <summary>Whom a rule is for. Each list that is not empty must fit; where all are empty it is for everybody.</summary>
public sealed record RuleSubjects
{
    public IReadOnlyList<string> Entities { get; init; } = [];

    /// <summary>Ids of kinds.</summary>
    public IReadOnlyList<string> Kinds { get; init; } = [];

    /// <summary>Any of these relations fits; None: no matter how they stand.</summary>
    public Relation Relations { get; init; }

    /// <summary>None of these relations: "unless they own it".</summary>
    public Relation Without { get; init; }

    /// <summary>Managers with this power; None: with any or without.</summary>
    public ManagerPower Power { get; init; }
}

/// <summary>A rule of any layer but that of agreements, held as data: mandates, moratoria, interlocks, house rules.</summary>
public sealed record AccessRule
{
    /// <summary>Cited in explanations and refusals.</summary>
    public required string Id { get; init; }

    public required PolicyLayer Layer { get; init; }
    public required RuleEffect Effect { get; init; }
    public required Operations Operations { get; init; }

    /// <summary>What it rests on, in words that a refusal repeats, such as <c>PUC order 12-345 section 4</c>.</summary>
    public required string Citation { get; init; }

    public RuleSubjects Subjects { get; init; } = new();
    public AccessScope Scope { get; init; } = new();
    public AccessConditions Conditions { get; init; } = AccessConditions.None;

    /// <summary>Premises in these jurisdictions alone; empty: wherever they are.</summary>
    public IReadOnlyList<string> Jurisdictions { get; init; } = [];

    /// <summary>Devices of these commodities alone: electricity, gas, water; empty: of any.</summary>
    public IReadOnlyList<string> Commodities { get; init; } = [];

    /// <summary>Premises with one of these flags alone; empty: with or without.</summary>
    public IReadOnlyList<string> PremisesFlags { get; init; } = [];

    public ActivePeriod Period { get; init; } = ActivePeriod.Always;
}
