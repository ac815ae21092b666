using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OpcPortal.Ua.Channel;
using OpcPortal.Ua.NodeSets;
using OpcPortal.Ua.Security;

namespace OpcPortal.Ua.Server;

/// <summary>How a server is set up. Every limit has a default and a reason where it is declared.</summary>
public sealed record UaServerOptions
{
    public required EndpointOptions Endpoints { get; init; }
    public TransportLimits Transport { get; init; } = TransportLimits.Default;
    public ConnectionLimits Connections { get; init; } = new();
    public SessionLimits Sessions { get; init; } = new();
    public OperationLimits Operations { get; init; } = new();
    public SubscriptionLimits Subscriptions { get; init; } = new();
    public EventFilterLimits EventFilters { get; init; } = new();
    public ConditionLimits Conditions { get; init; } = new();
    public CodecLimits Codec { get; init; } = CodecLimits.Default;
}

/// <summary>What a server is given beside its options.</summary>
public sealed record UaServerParts
{
    /// <summary>The server's own certificate; states <see cref="EndpointOptions.ApplicationUri"/>.</summary>
    public required ApplicationCertificate Certificate { get; init; }

    /// <summary>The applications that are trusted.</summary>
    public required TrustListStore Applications { get; init; }

    /// <summary>The users whose certificates are trusted; those trusted as applications where absent.</summary>
    public TrustListStore? Users { get; init; }

    public IPasswordVerifier Passwords { get; init; } = new NoPasswords();
    public IdentityMappings Identities { get; init; } = new();

    /// <summary>Keeps what clients change of roles; in memory where absent, so that a restart begins with <see cref="Identities"/> again.</summary>
    public IRoleStore? Roles { get; init; }

    /// <summary>Has the last word on changes of roles; null: who may change them needs nobody else.</summary>
    public IRoleChangeApproval? RoleApproval { get; init; }

    /// <summary>
    /// Users whom clients manage by the UserManagement object, beside those whom <see cref="Passwords"/> knows. Null: there is no such object. Part 18 5.
    /// </summary>
    public IUserStore? ManagedUsers { get; init; }

    /// <summary>Makes the access policy upon the loaded models; null: the standard's, by roles alone.</summary>
    public Func<ServerModel, IAccessPolicy>? Policy { get; init; }

    /// <summary>Knows more of users than their roles; null: there is no more to know.</summary>
    public ISubjectAdmission? Admission { get; init; }

    /// <summary>
    /// Keeps durable subscriptions beyond the process; null: there are none, and no SetSubscriptionDurable. Disposed by whoever opened it, after the server. Part 4 6.8.
    /// </summary>
    public ISubscriptionStore? SubscriptionStore { get; init; }

    /// <summary>Gets every event, also those that nobody is subscribed to; null: nothing is recorded.</summary>
    public IEventReceiver? Recorder { get; init; }

    /// <summary>Keeps events to be read again (it is fed by <see cref="Recorder"/>, or otherwise); null: past events cannot be read. Part 11 5.3.</summary>
    public IEventArchive? EventArchive { get; init; }

    /// <summary>Models beyond the standard's own and Devices, in the order of their dependencies; not yet renumbered.</summary>
    public IReadOnlyList<NodeSet> NodeSets { get; init; } = [];

    /// <summary>What the Server object says of the software and its claims.</summary>
    public ServerFacts Facts { get; init; } = new();

    public TimeProvider Time { get; init; } = TimeProvider.System;
    public ILoggerFactory Loggers { get; init; } = NullLoggerFactory.Instance;
}
