using System.Security.Cryptography.X509Certificates;

namespace OpcPortal.Ua.Security;

/// <summary>An application's own certificate with its private key. Part 6 6.2.2.</summary>
public sealed class ApplicationCertificate : IDisposable
{
    /// <param name="certificate">With an RSA private key.</param>
    /// <param name="issuers">Sent along, the nearest first.</param>
    /// <exception cref="ArgumentException">There is no RSA private key or no ApplicationUri.</exception>
    public ApplicationCertificate(X509Certificate2 certificate, IEnumerable<X509Certificate2>? issuers = null)
    {
        Certificate = certificate;
        Key = PrivateKey.Of(certificate);
        ApplicationUri = CertificateFields.ApplicationUri(certificate)
            ?? throw new ArgumentException($"{certificate.Subject} names no ApplicationUri.", nameof(certificate));
        Thumbprint = CertificateFields.Thumbprint(certificate);
        Chain = (byte[])[.. certificate.RawData, .. (issuers ?? []).SelectMany(i => i.RawData)];
    }

    public X509Certificate2 Certificate { get; }
    public PrivateKey Key { get; }
    public string ApplicationUri { get; }

    /// <summary>SHA-1, as messages name it.</summary>
    public ByteString Thumbprint { get; }

    /// <summary>DER, its issuers behind it.</summary>
    public ByteString Chain { get; }

    public void Dispose()
    {
        Key.Dispose();
        Certificate.Dispose();
    }
}
