using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MQTTnet;

namespace OpcPortal.Adapters.Mqtt;

/// <summary>The object <c>connection.tls</c>. There is no setting that accepts any certificate: a broker that cannot be told from another's is no source of readings.</summary>
internal sealed record TlsSettings
{
    /// <summary>PEM file of the authorities that may have issued the broker's certificate; null: those that the operating system trusts.</summary>
    public string? CaFile { get; init; }

    /// <summary>PEM file of the certificate that names this server to the broker.</summary>
    public string? ClientCertificateFile { get; init; }

    public string? ClientKeyFile { get; init; }

    /// <summary>Whether revocation is asked for online. Default: only where public authorities are trusted, private ones seldom publish it.</summary>
    public required bool CheckRevocation { get; init; }

    /// <exception cref="ConfigurationException">A setting is wrong.</exception>
    public static TlsSettings Read(ConfigElement element)
    {
        var ca = element.Find("ca");
        var certificate = element.Find("clientCert");
        var key = element.Find("clientKey");
        if (certificate is null != key is null) throw element.Wrong("'clientCert' and 'clientKey' belong together");
        var settings = new TlsSettings
        {
            CaFile = ca is null ? null : ConnectionSettings.ExistingFile(ca),
            ClientCertificateFile = certificate is null ? null : ConnectionSettings.ExistingFile(certificate),
            ClientKeyFile = key is null ? null : ConnectionSettings.ExistingFile(key),
            CheckRevocation = element.Find("checkRevocation")?.Boolean() ?? ca is null,
        };
        element.RefuseUnread();
        return settings;
    }

    /// <summary>What the client library shall do. Files are read now, so that renewed certificates count from the next connect on.</summary>
    /// <returns>Its certificates provider, where there is one, is to be disposed with the connection: it holds the key.</returns>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="CryptographicException">A file is no PEM of what it should hold.</exception>
    public MqttClientTlsOptions CreateOptions(string host, TimeProvider time)
    {
        var authorities = new X509Certificate2Collection();
        if (CaFile is not null)
        {
            authorities.ImportFromPemFile(CaFile);
            if (authorities.Count == 0) throw new CryptographicException($"'{CaFile}' holds no certificate in PEM");
        }

        var options = new MqttClientTlsOptions
        {
            UseTls = true,
            TargetHost = host,
            SslProtocol = SslProtocols.Tls12 | SslProtocols.Tls13,
            RevocationMode = CheckRevocation ? X509RevocationMode.Online : X509RevocationMode.NoCheck,
        };
        if (CaFile is not null) options.CertificateValidationHandler = presented => IsTrusted(presented, authorities, time);
        if (ClientCertificateFile is not null)
            options.ClientCertificatesProvider = new OneCertificate(X509Certificate2.CreateFromPemFile(ClientCertificateFile, ClientKeyFile));
        return options;
    }

    private bool IsTrusted(MqttClientCertificateValidationEventArgs presented, X509Certificate2Collection authorities, TimeProvider time)
    {
        // RFC 6125: the name must be right whoever issued the certificate. An untrusted root is all that the private authorities may put right.
        if ((presented.SslPolicyErrors & ~SslPolicyErrors.RemoteCertificateChainErrors) != 0) return false;
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.RevocationMode = CheckRevocation ? X509RevocationMode.Online : X509RevocationMode.NoCheck;
        chain.ChainPolicy.VerificationTime = time.GetUtcNow().UtcDateTime;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid("1.3.6.1.5.5.7.3.1", "Server Authentication"));
        if (presented.Chain is { } sent)
            foreach (var element in sent.ChainElements) chain.ChainPolicy.ExtraStore.Add(element.Certificate);
        return chain.Build((X509Certificate2)presented.Certificate);
    }

    private sealed class OneCertificate(X509Certificate2 certificate) : IMqttClientCertificatesProvider, IDisposable
    {
        public X509CertificateCollection GetCertificates() => [certificate];

        public void Dispose() => certificate.Dispose();
    }
}
