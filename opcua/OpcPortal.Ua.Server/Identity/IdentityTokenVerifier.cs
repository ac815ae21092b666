using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OpcPortal.Ua.Security;

namespace OpcPortal.Ua.Server;

/// <summary>
/// Recognises users by the token in ActivateSession. Whatever is wrong with a secret, the answer is the same BadUserAccessDenied. Part 4 7.40.
/// </summary>
public sealed class IdentityTokenVerifier(EndpointCatalog endpoints, ApplicationCertificates own, IPasswordVerifier passwords, CertificateValidator userCertificates, LoginThrottle throttle, IUserStore? users = null)
{
    /// <summary>Characters of a user name: no directory knows longer ones.</summary>
    public const int MaxUserNameLength = 256;

    /// <returns>The user.</returns>
    /// <exception cref="ServiceException">BadIdentityTokenInvalid: not a token that the endpoint takes; BadIdentityTokenRejected: a certificate that is not trusted; BadUserAccessDenied.</exception>
    public async ValueTask<UserIdentity> VerifyAsync(IServerChannel channel, byte[] serverNonce, ExtensionObject? token, SignatureData signature, CancellationToken cancellation)
    {
        switch (token?.Structure)
        {
            case null when token is null or { Binary: null, Xml: null }:
                // Part 4 5.7.3.2: no token at all is an anonymous one.
                endpoints.RequireTokenPolicy(channel, null, UserTokenType.Anonymous);
                return UserIdentity.Anonymous;
            case AnonymousIdentityToken anonymous:
                endpoints.RequireTokenPolicy(channel, anonymous.PolicyId, UserTokenType.Anonymous);
                return UserIdentity.Anonymous;
            case UserNameIdentityToken named:
                return await VerifyPassword(channel, endpoints.RequireTokenPolicy(channel, named.PolicyId, UserTokenType.UserName), serverNonce, named, cancellation).ConfigureAwait(false);
            case X509IdentityToken certified:
                return VerifyCertificate(channel, endpoints.RequireTokenPolicy(channel, certified.PolicyId, UserTokenType.Certificate), serverNonce, certified, signature);
            default:
                throw new ServiceException(StatusCodes.BadIdentityTokenInvalid);
        }
    }

    private async ValueTask<UserIdentity> VerifyPassword(IServerChannel channel, SecurityPolicy policy, byte[] serverNonce, UserNameIdentityToken token, CancellationToken cancellation)
    {
        if (string.IsNullOrEmpty(token.UserName) || token.UserName.Length > MaxUserNameLength) throw new ServiceException(StatusCodes.BadIdentityTokenInvalid);
        if (!await throttle.WaitAsync(token.UserName, channel.RemoteAddress, cancellation).ConfigureAwait(false)) throw new ServiceException(StatusCodes.BadUserAccessDenied);
        // A password that does not decrypt is verified all the same, as one that nobody has: the time tells nothing.
        var isIntact = TryDecrypt(channel, policy, serverNonce, token, out var password);
        try
        {
            var isRight = await passwords.VerifyAsync(token.UserName, password, cancellation).ConfigureAwait(false);
            if (isIntact && isRight && IsText(password) && IsEnabled(token.UserName))
            {
                throttle.Succeeded(token.UserName, channel.RemoteAddress);
                return new UserIdentity(UserTokenType.UserName, token.UserName);
            }
        }
        finally
        {
            CryptographicOperations.ZeroMemory(password);
        }

        throttle.Failed(token.UserName, channel.RemoteAddress);
        throw new ServiceException(StatusCodes.BadUserAccessDenied);
    }

    // Part 18 5.2.3: at ActivateSession a disabled user is as one who does not exist.
    private bool IsEnabled(string userName) => users is null || !users.TryGet(userName, out var user) || !user.Has(UserConfigurationMask.Disabled);

    /// <summary>Whether the user is one whom clients manage: who is removed is no longer anybody.</summary>
    public bool IsManaged(UserIdentity user) => users is not null && user.TokenType == UserTokenType.UserName && users.TryGet(user.Name!, out _);

    /// <summary>Whether the user must have another password before anything else. Part 18 5.2.8.</summary>
    public bool MustChangePassword(UserIdentity user) =>
        users is not null && user.TokenType == UserTokenType.UserName && users.TryGet(user.Name!, out var managed) && managed.Has(UserConfigurationMask.MustChangePassword);

    private bool TryDecrypt(IServerChannel channel, SecurityPolicy policy, byte[] serverNonce, UserNameIdentityToken token, out byte[] password)
    {
        if (policy.IsNone)
        {
            // Part 4 7.40.4: in the clear only where the endpoint says so, which configuration allows for a protected channel or not at all.
            password = token.Password.Span.ToArray();
            return string.IsNullOrEmpty(token.EncryptionAlgorithm) && password.Length <= EncryptedSecret.MaxLength;
        }

        password = [];
        var key = (channel.ServerCertificate ?? own.Current).Key;
        return token.EncryptionAlgorithm == policy.EncryptionAlgorithm && EncryptedSecret.TryDecrypt(policy, key, token.Password.Span, serverNonce, out password);
    }

    private static bool IsText(byte[] password) => System.Text.Unicode.Utf8.IsValid(password);

    private UserIdentity VerifyCertificate(IServerChannel channel, SecurityPolicy policy, byte[] serverNonce, X509IdentityToken token, SignatureData signature)
    {
        // Attack class 21: without a signature a certificate proves nothing.
        if (policy.IsNone || !CertificateChain.TryParse(token.CertificateData, out var chain)) throw new ServiceException(StatusCodes.BadIdentityTokenInvalid);
        using var key = chain.Leaf.GetRSAPublicKey();
        if (key is null || key.KeySize < policy.MinKeyLength || key.KeySize > policy.MaxKeyLength) throw new ServiceException(StatusCodes.BadIdentityTokenInvalid);
        if (!Signatures.IsBy(key, policy, signature, channel.ServerCertificate ?? own.Current, serverNonce)) throw new ServiceException(StatusCodes.BadUserSignatureInvalid);
        var verdict = userCertificates.Validate(token.CertificateData, new CertificateDemands { Policy = policy, IsUser = true });
        if (!verdict.IsGood) throw new UserCertificateException(verdict.Status, verdict.Detail);
        return new UserIdentity(UserTokenType.Certificate, chain.Leaf.Subject, chain.Leaf.Thumbprint, Convert.ToHexString(SHA256.HashData(chain.Leaf.RawDataMemory.Span)))
        {
            SubjectCriterion = X509SubjectCriterion.Of(chain.Leaf.SubjectName),
            IssuerCriterion = X509SubjectCriterion.Of(chain.Leaf.IssuerName),
        };
    }
}

/// <summary>The certificate of a user is not trusted: the peer is told BadIdentityTokenRejected, the auditor why. Part 4 6.5.6.</summary>
internal sealed class UserCertificateException(StatusCode certificateStatus, string? detail) : ServiceException(StatusCodes.BadIdentityTokenRejected, detail)
{
    /// <summary>The check that it failed.</summary>
    public StatusCode CertificateStatus => certificateStatus;
}
