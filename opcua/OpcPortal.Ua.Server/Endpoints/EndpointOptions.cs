using OpcPortal.Ua.Security;

namespace OpcPortal.Ua.Server;

/// <summary>A way to protect channels that an endpoint offers.</summary>
public readonly record struct EndpointSecurity(SecurityPolicy Policy, MessageSecurityMode Mode);

/// <summary>What the server offers: the same at each of its addresses. Nothing unprotected and nobody anonymous unless it says so.</summary>
public sealed record EndpointOptions
{
    /// <summary>Policies and modes of sessions. Default: all but None. Without None, a None channel serves discovery alone.</summary>
    public IReadOnlyList<EndpointSecurity> Security { get; init; } =
    [
        .. from policy in SecurityPolicy.All
           where !policy.IsNone
           from mode in (MessageSecurityMode[])[MessageSecurityMode.Sign, MessageSecurityMode.SignAndEncrypt]
           select new EndpointSecurity(policy, mode),
    ];

    public bool AllowAnonymous { get; init; }
    public bool AllowUserName { get; init; } = true;
    public bool AllowCertificate { get; init; } = true;

    /// <summary>The addresses, <c>opc.tcp://host:port/path</c>, the first being what is told where a client's own URL cannot be used.</summary>
    public required IReadOnlyList<string> Urls { get; init; }

    public required string ApplicationUri { get; init; }
    public string ProductUri { get; init; } = "urn:opcportal:server";
    public LocalizedText ApplicationName { get; init; } = new("OpcPortal");
}
