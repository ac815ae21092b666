using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using OpcPortal.Ua.Security;

namespace OpcPortal.Ua.Client;

/// <summary>
/// CreateSession and ActivateSession from the client's side, with every check that the client owes itself. Holds what a session is known by, so that it can be
/// moved to another channel. Part 4 5.7.2, 5.7.3.
/// </summary>
internal sealed class SessionHandshake(UaClientOptions options, ConfiguredEndpoint endpoint)
{
    // A server's nonce has at least 32 bytes, and no one needs more than 128. Part 4 5.7.2.2.
    private const int MinNonceLength = 32;
    private const int MaxNonceLength = 128;

    private readonly SecurityPolicy _policy = endpoint.Policy;
    private ByteString _serverNonce;

    public NodeId SessionId { get; private set; }
    public NodeId AuthenticationToken { get; private set; }
    public TimeSpan RevisedTimeout { get; private set; }

    /// <summary>Judges the server's certificate before anything is sent under it.</summary>
    /// <exception cref="ServerCertificateException">It does not pass.</exception>
    public static void CheckServer(UaClientOptions options, ConfiguredEndpoint endpoint)
    {
        if (endpoint.Policy.IsNone) return;
        var certificate = endpoint.Description.ServerCertificate;
        if (options.Validator is null) throw new ServerCertificateException(new CertificateVerdict(StatusCodes.BadCertificateUntrusted, "The client has no trust list."), certificate);
        var verdict = options.Validator.Validate(certificate, new CertificateDemands
        {
            Policy = endpoint.Policy,
            ApplicationUri = endpoint.Description.Server?.ApplicationUri,
            Host = options.ChecksHostName ? endpoint.Url.DnsSafeHost : null,
        });
        if (!verdict.IsGood) throw new ServerCertificateException(verdict, certificate);
    }

    public async Task CreateAsync(UaChannel channel, string name, CancellationToken cancellation)
    {
        var nonce = Nonce.ForSession();
        var request = new CreateSessionRequest
        {
            ClientDescription = options.Describe(),
            ServerUri = null,
            EndpointUrl = endpoint.Url.OriginalString,
            SessionName = name,
            ClientNonce = nonce,
            ClientCertificate = _policy.IsNone ? default : options.Certificate!.Chain,
            RequestedSessionTimeout = options.SessionTimeout.TotalMilliseconds,
            MaxResponseMessageSize = options.Limits.MaxMessageSize,
        };
        var response = await channel.InvokeAsync<CreateSessionResponse>(request, cancellation: cancellation).ConfigureAwait(false);
        CheckEndpoints(response.ServerEndpoints);
        CheckProof(response, nonce);
        SessionId = response.SessionId;
        AuthenticationToken = response.AuthenticationToken;
        RevisedTimeout = TimeSpan.FromMilliseconds(Math.Clamp(response.RevisedSessionTimeout, 1, int.MaxValue));
        Keep(response.ServerNonce);
    }

    public async Task ActivateAsync(UaChannel channel, UserIdentity user, CancellationToken cancellation)
    {
        var request = new ActivateSessionRequest
        {
            ClientSignature = Sign(_policy, options.Certificate?.Key),
            LocaleIds = [.. options.Locales],
        };
        request.RequestHeader.AuthenticationToken = AuthenticationToken;
        AddUser(request, user);
        var response = await channel.InvokeAsync<ActivateSessionResponse>(request, cancellation: cancellation).ConfigureAwait(false);
        Keep(response.ServerNonce);
    }

    // Part 4 5.7.2.2: a client that discovered the endpoints compares, for somebody may have offered it weaker ones than the server does.
    private void CheckEndpoints(EndpointDescription[]? told)
    {
        if (endpoint.Discovered is not { } discovered) return;
        var before = discovered.Where(EndpointChoice.IsBinary).Select(Fingerprint).Order(StringComparer.Ordinal);
        var now = (told ?? []).Where(EndpointChoice.IsBinary).Select(Fingerprint).Order(StringComparer.Ordinal);
        if (!before.SequenceEqual(now)) throw new UaException(StatusCodes.BadSecurityChecksFailed, "The server's session names other endpoints than discovery did.");
    }

    private static string Fingerprint(EndpointDescription endpoint)
    {
        var tokens = (endpoint.UserIdentityTokens ?? []).Select(t => $"{t.PolicyId}|{t.TokenType}|{t.SecurityPolicyUri}").Order(StringComparer.Ordinal);
        return $"{endpoint.SecurityMode}|{endpoint.SecurityPolicyUri}|{endpoint.SecurityLevel}|{string.Join(';', tokens)}";
    }

    private void CheckProof(CreateSessionResponse response, byte[] nonce)
    {
        if (_policy.IsNone) return;
        var server = CertificateChain.LeafBytes(endpoint.Description.ServerCertificate);
        if (CertificateChain.LeafBytes(response.ServerCertificate) != server) throw new UaException(StatusCodes.BadCertificateInvalid, "The session's server certificate is not that of the channel.");
        using var certificate = X509CertificateLoader.LoadCertificate(server.Span);
        using var key = certificate.GetRSAPublicKey()!;
        var signature = response.ServerSignature.Signature.Span;
        // Part 4 5.7.2.2: over the client's leaf and nonce; older servers take the whole chain.
        if (!_policy.Verify(key, [.. options.Certificate!.Certificate.RawData, .. nonce], signature) && !_policy.Verify(key, [.. options.Certificate.Chain.Span, .. nonce], signature))
            throw new UaException(StatusCodes.BadApplicationSignatureInvalid, "The server did not prove that it has the private key of its certificate.");
    }

    private void Keep(ByteString nonce)
    {
        if (!_policy.IsNone && nonce.Length is < MinNonceLength or > MaxNonceLength) throw new UaException(StatusCodes.BadNonceInvalid, $"The server's nonce has {nonce.Length} bytes.");
        if (!nonce.IsNullOrEmpty && nonce == _serverNonce) throw new UaException(StatusCodes.BadNonceInvalid, "The server used a nonce twice.");
        _serverNonce = nonce;
    }

    private void AddUser(ActivateSessionRequest request, UserIdentity user)
    {
        var (token, policy) = TokenPolicy(user.TokenType);
        switch (user)
        {
            case UserIdentity.PasswordIdentity password:
                request.UserIdentityToken = new ExtensionObject(Encrypt(password, token.PolicyId, policy));
                break;
            case UserIdentity.CertificateIdentity certificate:
                request.UserIdentityToken = new ExtensionObject(new X509IdentityToken { PolicyId = token.PolicyId, CertificateData = certificate.Value.RawData });
                using (var key = PrivateKey.Of(certificate.Value)) request.UserTokenSignature = Sign(policy, key);
                break;
            default:
                request.UserIdentityToken = new ExtensionObject(new AnonymousIdentityToken { PolicyId = token.PolicyId });
                break;
        }
    }

    // Part 4 7.41: a token without a policy of its own takes that of the channel.
    private (UserTokenPolicy Token, SecurityPolicy Policy) TokenPolicy(UserTokenType type)
    {
        (UserTokenPolicy, SecurityPolicy)? best = null;
        foreach (var token in endpoint.Description.UserIdentityTokens ?? [])
        {
            if (token.TokenType != type) continue;
            var policy = _policy;
            if (!string.IsNullOrEmpty(token.SecurityPolicyUri) && !SecurityPolicy.TryGet(token.SecurityPolicyUri, out policy)) continue;
            if (best is null || Strength(policy) > Strength(best.Value.Item2)) best = (token, policy);
        }

        if (best is { } found) return found;
        var offered = string.Join(", ", (endpoint.Description.UserIdentityTokens ?? []).Select(t => t.TokenType).Distinct());
        throw new UaException(StatusCodes.BadIdentityTokenRejected, $"The endpoint takes no {type} token; it takes {(offered.Length == 0 ? "none" : offered)}.");
    }

    private static int Strength(SecurityPolicy policy) => SecurityPolicy.All.Index().First(p => p.Item == policy).Index;

    private UserNameIdentityToken Encrypt(UserIdentity.PasswordIdentity password, string? policyId, SecurityPolicy policy)
    {
        var secret = Encoding.UTF8.GetBytes(password.Secret);
        try
        {
            if (!policy.IsNone)
            {
                using var server = LoadServer();
                using var key = server.GetRSAPublicKey()!;
                return new UserNameIdentityToken
                {
                    PolicyId = policyId,
                    UserName = password.UserName,
                    Password = EncryptedSecret.Encrypt(policy, key, secret, _serverNonce.Span),
                    EncryptionAlgorithm = policy.EncryptionAlgorithm,
                };
            }

            // Part 4 7.40.4: in the clear only within an encrypted channel.
            if (endpoint.Description.SecurityMode != MessageSecurityMode.SignAndEncrypt)
                throw new UaException(StatusCodes.BadSecurityModeInsufficient, "The server wants the password in the clear on a channel that does not encrypt; it is not sent.");
            return new UserNameIdentityToken { PolicyId = policyId, UserName = password.UserName, Password = secret.ToArray() };
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    private X509Certificate2 LoadServer()
    {
        if (!CertificateChain.TryParse(endpoint.Description.ServerCertificate, out var chain))
            throw new UaException(StatusCodes.BadCertificateInvalid, "The endpoint names no server certificate to encrypt the password for.");
        if (_policy.IsNone) CheckForSecret(chain.Bytes);
        return chain.Leaf;
    }

    // On a channel without protection the certificate comes from anybody: a password is encrypted for a trusted server alone.
    private void CheckForSecret(ByteString certificate)
    {
        if (options.Validator is not { } validator) throw new ServerCertificateException(new CertificateVerdict(StatusCodes.BadCertificateUntrusted, "A password is sent to trusted servers alone, and the client has no trust list."), certificate);
        var verdict = validator.Validate(certificate, new CertificateDemands { Policy = SecurityPolicy.Basic256Sha256, ApplicationUri = endpoint.Description.Server?.ApplicationUri });
        if (!verdict.IsGood) throw new ServerCertificateException(verdict, certificate);
    }

    // Part 4 7.38: over the server's leaf certificate and its last nonce.
    private SignatureData Sign(SecurityPolicy policy, PrivateKey? key)
    {
        if (policy.IsNone || key is null) return new SignatureData();
        var server = CertificateChain.LeafBytes(endpoint.Description.ServerCertificate);
        var signature = new byte[key.KeySize / 8];
        key.Sign(policy, [.. server.Span, .. _serverNonce.Span], signature);
        return new SignatureData { Algorithm = policy.SignatureAlgorithm, Signature = signature };
    }
}
