namespace OpcPortal.Ua.Server;

/// <summary>Who asks, as far as access is concerned: fixed when a session is activated, replaced when its user changes.</summary>
public sealed record AccessContext
{
    /// <summary>A bit for each role held, as <see cref="RoleTable"/> numbers them.</summary>
    public required ulong Roles { get; init; }

    /// <summary>The mode of the channel: customer data asks for signing or encryption. Part 3 8.56 (AccessRestrictionType).</summary>
    public required MessageSecurityMode SecurityMode { get; init; }

    /// <summary>The user's name for logs and audit; null for Anonymous.</summary>
    public string? UserName { get; init; }

    /// <summary>The user as recognised; what everything else here that depends on the user was made of.</summary>
    public UserIdentity Identity { get; init; } = UserIdentity.Anonymous;

    /// <summary>The policy of the channel; null outside any. Part 18 4.4.2: roles may be bound to endpoints.</summary>
    public string? SecurityPolicyUri { get; init; }

    /// <summary>The URL that the client named when it created its session: what it says, not what it proves.</summary>
    public string? EndpointUrl { get; init; }

    /// <summary>Until the user has changed the password and activated anew, the session has the role Anonymous alone. Part 18 5.2.8.</summary>
    public bool MustChangePassword { get; init; }

    /// <summary>The ApplicationUri of the client, from its certificate where the channel is secured.</summary>
    public string? ApplicationUri { get; init; }

    /// <summary>SHA-256 thumbprint, in hexadecimal, of the user's certificate (X509 token); null otherwise.</summary>
    public string? UserCertificateThumbprint { get; init; }

    /// <summary>SHA-256 thumbprint, in hexadecimal, of the client application's certificate; null on a None channel.</summary>
    public string? ApplicationCertificateThumbprint { get; init; }

    /// <summary>The session, for methods such as GetMonitoredItems that act on it; null outside any.</summary>
    public NodeId SessionId { get; init; }

    /// <summary>ClientAuditEntryId of the request. Part 5 6.4.2.</summary>
    public string? ClientAuditEntryId { get; init; }

    /// <summary>The locales wanted, best first.</summary>
    public IReadOnlyList<string> Locales { get; init; } = [];

    /// <summary>What the access policy of the server knows of the user beyond roles; the standard's own policy needs nothing.</summary>
    public object? Subject { get; init; }

    /// <summary>Whether the user is one whom clients manage. Part 18 5.</summary>
    internal bool IsManaged { get; init; }

    /// <summary>Which renewal of rights it has seen: see <see cref="SessionAccess"/>.</summary>
    internal int Renewal { get; init; }

    public bool HasAnyRole(ulong roles) => (Roles & roles) != 0;
}
