using System.Security.Cryptography.X509Certificates;

namespace OpcPortal.Ua.Client;

/// <summary>Who the user is. Part 4 7.40.</summary>
public abstract record UserIdentity
{
    private protected UserIdentity()
    {
    }

    /// <summary>Nobody in particular.</summary>
    public static UserIdentity Anonymous { get; } = new AnonymousIdentity();

    /// <summary>A name and a password, which is never sent in the clear.</summary>
    public static UserIdentity Password(string userName, string password) => new PasswordIdentity(userName, password);

    /// <summary>A person's certificate with its private key.</summary>
    public static UserIdentity Certificate(X509Certificate2 certificate) => new CertificateIdentity(certificate);

    internal abstract UserTokenType TokenType { get; }

    internal sealed record AnonymousIdentity : UserIdentity
    {
        internal override UserTokenType TokenType => UserTokenType.Anonymous;
    }

    internal sealed record PasswordIdentity(string UserName, string Secret) : UserIdentity
    {
        internal override UserTokenType TokenType => UserTokenType.UserName;

        // A record prints its members: the secret must not come into a log that way.
        protected override bool PrintMembers(System.Text.StringBuilder builder)
        {
            builder.Append("UserName = ").Append(UserName);
            return true;
        }
    }

    internal sealed record CertificateIdentity(X509Certificate2 Value) : UserIdentity
    {
        internal override UserTokenType TokenType => UserTokenType.Certificate;
    }
}
