namespace OpcPortal.Models;

/// <summary>The three managers' powers: nobody holds two, and none of them lets anybody see what owners have.</summary>
public enum ManagerPower : byte
{
    None = 0,

    /// <summary>Entities, owners, policies, customer classes, views, business models.</summary>
    System = 1,

    /// <summary>Identities, certificates, trust lists, approvals, lock-outs, audit, reports.</summary>
    Security = 2,

    /// <summary>Access networks, the communication state of portals, throttling, firmware windows.</summary>
    Network = 3,
}

/// <summary>A business entity: whoever owns, needs or commands.</summary>
public sealed record Entity
{
    /// <summary>Names it everywhere: letters, digits, '-', '.' and '_'; 64 characters at most.</summary>
    public required string Id { get; init; }

    /// <summary>The id of its <see cref="EntityKind"/>.</summary>
    public required string Kind { get; init; }

    public required string Name { get; init; }

    /// <summary>The namespace of what it owns: its own, or that of its class of natural persons.</summary>
    public required string NamespaceUri { get; init; }

    /// <summary>Residential, commercial, industrial or another class; null for who is no customer.</summary>
    public string? CustomerClass { get; init; }

    /// <summary>Where its rules come from, such as <c>US-CA</c>; null where that does not matter.</summary>
    public string? Jurisdiction { get; init; }

    public ActivePeriod Active { get; init; } = ActivePeriod.Always;
}

/// <summary>A program of an entity, known by its application-instance certificate.</summary>
public sealed record EntityApplication
{
    /// <summary>Unique in the server.</summary>
    public required string Id { get; init; }

    /// <summary>The entity that answers for it.</summary>
    public required string Entity { get; init; }

    /// <summary>As its certificate states it.</summary>
    public required string ApplicationUri { get; init; }

    /// <summary>The certificate, DER in Base64: it proves what the application signs.</summary>
    public required string Certificate { get; init; }

    /// <summary>SHA-256 of the certificate, upper-case hexadecimal. One certificate belongs to one entity.</summary>
    public required string Thumbprint { get; init; }

    /// <summary>What it may be used for, such as <c>billing</c>; empty: for any purpose of its entity's agreements.</summary>
    public IReadOnlyList<string> Purposes { get; init; } = [];

    public ActivePeriod Active { get; init; } = ActivePeriod.Always;
}

/// <summary>A person who acts for an entity, known by a user certificate or a user name. Who acts for two entities has two of these, with another credential each.</summary>
public sealed record Individual
{
    /// <summary>Unique in the server.</summary>
    public required string Id { get; init; }

    public required string Entity { get; init; }
    public required string Name { get; init; }

    /// <summary>For log-in by name and password; null where only a certificate serves.</summary>
    public string? UserName { get; init; }

    /// <summary>The written form of a password hash; null where there is no password.</summary>
    public string? PasswordHash { get; init; }

    /// <summary>The user certificate, DER in Base64; null where there is none.</summary>
    public string? Certificate { get; init; }

    /// <summary>SHA-256 of the user certificate, upper-case hexadecimal.</summary>
    public string? Thumbprint { get; init; }

    /// <summary>Only individuals of the house have any.</summary>
    public ManagerPower Power { get; init; }

    public ActivePeriod Active { get; init; } = ActivePeriod.Always;
}
