using OpcPortal.Ua.Security;

namespace OpcPortal.Ua.Server;

/// <summary>The server's endpoints as clients are told of them, and what each allows. Part 4 5.5.4, 7.14 (EndpointDescription).</summary>
public sealed class EndpointCatalog(EndpointOptions options, ApplicationCertificates own)
{
    /// <summary>OPC UA TCP with binary encoding. Part 7.</summary>
    public const string TransportProfile = "http://opcfoundation.org/UA-Profile/Transport/uatcp-uasc-uabinary";

    private readonly TokenPolicy[] _tokenPolicies = [.. CreateTokenPolicies(options)];

    public EndpointOptions Options => options;

    /// <summary>Whether a channel may be opened so. None is always allowed: discovery needs it. Part 4 5.5.1.</summary>
    public bool AllowsChannel(SecurityPolicy policy, MessageSecurityMode mode) =>
        policy.IsNone ? mode == MessageSecurityMode.None : options.Security.Contains(new EndpointSecurity(policy, mode));

    /// <summary>Whether the policy is offered in any mode: asked before a private key is used.</summary>
    public bool Offers(SecurityPolicy policy) => policy.IsNone || options.Security.Any(s => s.Policy == policy);

    /// <summary>Whether a session may be created on such a channel.</summary>
    public bool AllowsSession(IServerChannel channel) =>
        SecurityPolicy.TryGet(channel.SecurityPolicyUri, out var policy) && options.Security.Contains(new EndpointSecurity(policy, channel.SecurityMode));

    /// <summary>All endpoints, at the URL by which the client reached the server.</summary>
    public EndpointDescription[] Describe(string? requestedUrl)
    {
        var url = UrlFor(requestedUrl);
        var application = Application(url);
        var certificate = own.Current;
        return [.. options.Security.Select(security => new EndpointDescription
        {
            EndpointUrl = url,
            Server = application,
            ServerCertificate = NeedsCertificate(security.Policy) ? certificate.Chain : default,
            SecurityMode = security.Mode,
            SecurityPolicyUri = security.Policy.Uri,
            UserIdentityTokens = [.. _tokenPolicies.Where(t => t.Channel == security).Select(t => t.Policy)],
            TransportProfileUri = TransportProfile,
            SecurityLevel = LevelOf(security),
        })];
    }

    /// <summary>The server itself, at the URL by which the client reached it.</summary>
    public ApplicationDescription DescribeServer(string? requestedUrl) => Application(UrlFor(requestedUrl));

    /// <summary>The security policy that protects the secret of a user's token.</summary>
    /// <param name="policyId">As the client names it; null and empty mean the only one of its kind.</param>
    /// <exception cref="ServiceException">BadIdentityTokenInvalid: the endpoint has no such policy.</exception>
    public SecurityPolicy RequireTokenPolicy(IServerChannel channel, string? policyId, UserTokenType type)
    {
        foreach (var candidate in _tokenPolicies)
        {
            if (candidate.Channel.Policy.Uri != channel.SecurityPolicyUri || candidate.Channel.Mode != channel.SecurityMode || candidate.Policy.TokenType != type) continue;
            if (string.IsNullOrEmpty(policyId) || candidate.Policy.PolicyId == policyId) return candidate.Security;
        }

        throw new ServiceException(StatusCodes.BadIdentityTokenInvalid);
    }

    /// <summary>Whether the server's certificate covers the host that a client used. Part 5 6.4.9 (AuditUrlMismatchEventType).</summary>
    public bool IsReachedBy(string? url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var used) && CertificateFields.Hosts(own.Current.Certificate).Contains(used.Host.Trim('[', ']'), StringComparer.OrdinalIgnoreCase);

    private ApplicationDescription Application(string url) => new()
    {
        ApplicationUri = options.ApplicationUri,
        ProductUri = options.ProductUri,
        ApplicationName = options.ApplicationName,
        ApplicationType = ApplicationType.Server,
        DiscoveryUrls = [url],
    };

    // A None endpoint's certificate is there for tokens that are encrypted with it.
    private bool NeedsCertificate(SecurityPolicy policy) => !policy.IsNone || _tokenPolicies.Any(t => t.Channel.Policy.IsNone && !t.Security.IsNone);

    // The client is told the host by which it came: it may be the only name of ours that it can resolve.
    private string UrlFor(string? requested)
    {
        if (requested is { Length: > 0 and <= Channel.TransportLimits.MaxEndpointUrlLength } && Uri.TryCreate(requested, UriKind.Absolute, out var url)
            && url.Scheme == "opc.tcp" && url.Host.Length > 0 && url.UserInfo.Length == 0)
            return $"opc.tcp://{url.Authority}{new Uri(options.Urls[0]).AbsolutePath.TrimEnd('/')}";
        return options.Urls[0].TrimEnd('/');
    }

    private static byte LevelOf(EndpointSecurity security)
    {
        var rank = 0;
        for (var i = 0; i < SecurityPolicy.All.Count; i++)
            if (SecurityPolicy.All[i] == security.Policy) rank = i;
        return security.Policy.IsNone ? (byte)0 : (byte)(rank * 10 + (security.Mode == MessageSecurityMode.SignAndEncrypt ? 100 : 0));
    }

    private sealed record TokenPolicy(EndpointSecurity Channel, UserTokenPolicy Policy, SecurityPolicy Security);

    private static IEnumerable<TokenPolicy> CreateTokenPolicies(EndpointOptions options)
    {
        foreach (var channel in options.Security)
        {
            // On a None channel the token brings its own protection. Part 4 7.41.
            var security = channel.Policy.IsNone ? SecurityPolicy.Basic256Sha256 : channel.Policy;
            if (options.AllowAnonymous) yield return Create(UserTokenType.Anonymous, "anonymous", SecurityPolicy.None, uri: channel.Policy.IsNone ? SecurityPolicy.None.Uri : null);
            if (options.AllowUserName) yield return Create(UserTokenType.UserName, "username", security, security.Uri);
            if (options.AllowCertificate) yield return Create(UserTokenType.Certificate, "certificate", security, security.Uri);

            TokenPolicy Create(UserTokenType type, string name, SecurityPolicy protects, string? uri) =>
                new(channel, new UserTokenPolicy { PolicyId = name, TokenType = type, SecurityPolicyUri = uri }, protects);
        }
    }
}
