namespace OpcPortal.Models;

/// <summary>
/// The rules that the house begins with, as data: a directory may replace any of them. Together with agreements they give each party of IECSA use case C-2.2 (Customer Communications Portal
/// Management) its part and no more.
/// </summary>
public static class AccessDefaults
{
    private const Operations See = Operations.Browse | Operations.Read | Operations.Subscribe;

    private const string Communication = "Communication";

    /// <summary>The function group of backups of the server itself, which belong to no part of the fleet.</summary>
    public const string BackupGroup = "Backup";

    /// <summary>The function group of methods by which customers leave what is asked of their devices.</summary>
    public const string CustomerOverrideGroup = "CustomerOverride";

    /// <summary>The function group of telling that a meter was exchanged for another.</summary>
    public const string MeterExchangeGroup = "MeterExchange";

    /// <summary>What portals carry for others, by the names of the data classes.</summary>
    private static readonly IReadOnlyList<string> Payload = ["Energy", "PowerQuality", "LoadState"];

    /// <summary>The default rules, each with what it rests on.</summary>
    public static IReadOnlyList<AccessRule> Rules { get; } =
    [
        new()
        {
            Id = "operator.communication",
            Layer = PolicyLayer.Operator,
            Effect = RuleEffect.Allow,
            Operations = See | Operations.ReceiveEvents,
            Citation = "IECSA C-2.2 1.4: portals belong to the provider of telecommunications or site equipment; who runs one sees how it is reached",
            Subjects = new RuleSubjects { Kinds = [EntityKind.PortalOperator], Relations = Relation.Operator },
            Scope = new AccessScope { DataClasses = [Communication] },
        },
        new()
        {
            Id = "operator.no-payload",
            Layer = PolicyLayer.Operator,
            Effect = RuleEffect.Deny,
            Operations = Operations.All,
            Citation = "IECSA C-2.2 1.4: ownership boundaries are recognized; who carries data sees none of it but its own",
            Subjects = new RuleSubjects { Kinds = [EntityKind.PortalOperator], Without = Relation.Owner },
            Scope = new AccessScope { DataClasses = Payload },
        },
        new()
        {
            Id = "network-manager.no-payload",
            Layer = PolicyLayer.Operator,
            Effect = RuleEffect.Deny,
            Operations = Operations.All,
            Citation = "IECSA C-2.2 1.4 (3): management of the access networks gives no access to customers' data",
            Subjects = new RuleSubjects { Power = ManagerPower.Network },
            Scope = new AccessScope { DataClasses = Payload },
        },
        new()
        {
            Id = "system-manager.backup",
            Layer = PolicyLayer.Operator,
            Effect = RuleEffect.Allow,
            Operations = Operations.Call,
            Citation = "IECSA C-2.2 1.3: management systems manage the portals' own systems, and what is kept there survives their loss",
            Subjects = new RuleSubjects { Kinds = [EntityKind.House], Power = ManagerPower.System },
            Scope = new AccessScope { FunctionGroups = [BackupGroup] },
        },
        new()
        {
            Id = "owner.own",
            Layer = PolicyLayer.Owner,
            Effect = RuleEffect.Allow,
            Operations = Operations.All,
            Citation = "IECSA C-2.2 1.4: owners manage their devices and data independently",
            Subjects = new RuleSubjects { Relations = Relation.Owner },
        },
        new()
        {
            Id = "custodian.read",
            Layer = PolicyLayer.Owner,
            Effect = RuleEffect.Allow,
            Operations = See | Operations.ReadHistory | Operations.EditHistory,
            Citation = "IECSA C-2.2 1.4 (2): who is responsible that the data is correct can look at it and correct it",
            Subjects = new RuleSubjects { Relations = Relation.Custodian },
        },
        new()
        {
            Id = "custodian.exchange",
            Layer = PolicyLayer.Owner,
            Effect = RuleEffect.Allow,
            Operations = Operations.Browse | Operations.Call,
            Citation = "IECSA C-2.2 1.4 (2): who is responsible that the data is correct tells which meter it is from",
            Subjects = new RuleSubjects { Relations = Relation.Custodian },
            Scope = new AccessScope { FunctionGroups = [MeterExchangeGroup] },
        },
        new()
        {
            Id = "customer.premises",
            Layer = PolicyLayer.Class,
            Effect = RuleEffect.Allow,
            Operations = See | Operations.ReadHistory,
            Citation = "IECSA C-2.2 1.4 (1), (3): customers have access to what is measured and controlled at their premises",
            Subjects = new RuleSubjects { Relations = Relation.Customer },
            Scope = new AccessScope { DataClasses = [.. Payload, Communication] },
        },
        new()
        {
            Id = "customer.override",
            Layer = PolicyLayer.Class,
            Effect = RuleEffect.Allow,
            Operations = Operations.Call,
            Citation = "IECSA C-2.2 1.4 (1): customers have the last word on what is controlled at their premises, where nothing mandatory is asked",
            Subjects = new RuleSubjects { Relations = Relation.Customer },
            Scope = new AccessScope { FunctionGroups = [CustomerOverrideGroup] },
        },
        new()
        {
            Id = "network-manager.communication",
            Layer = PolicyLayer.Class,
            Effect = RuleEffect.Allow,
            Operations = See | Operations.ReadHistory | Operations.ReceiveEvents,
            Citation = "IECSA C-2.2 1.3: management systems manage the telecommunications and access networks of portals",
            Subjects = new RuleSubjects { Kinds = [EntityKind.House], Power = ManagerPower.Network },
            Scope = new AccessScope { DataClasses = [Communication] },
        },
    ];
}
