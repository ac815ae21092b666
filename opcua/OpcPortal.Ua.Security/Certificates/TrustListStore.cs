using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OpcPortal.Ua.Security;

/// <summary>What the folders held at one moment.</summary>
/// <param name="Version">Greater with each change.</param>
public sealed record TrustList(long Version, X509Certificate2Collection Trusted, X509Certificate2Collection Issuers, IReadOnlyList<RevocationList> RevocationLists);

/// <summary>
/// Certificates in folders: <c>own/certs</c>, <c>own/private</c>, <c>trusted/certs</c>, <c>trusted/crl</c>, <c>issuer/certs</c>, <c>issuer/crl</c>, <c>rejected/certs</c>.
/// What changes there holds within <see cref="RecheckAfter"/>, without a restart. Files are named by thumbprint, never by what a certificate says of itself. Thread-safe.
/// </summary>
public sealed class TrustListStore
{
    /// <summary>Rejected certificates kept, the newest: strangers must not fill the disk.</summary>
    public const int MaxRejected = 100;

    /// <summary>How long what was read is taken to hold: a look at the folders costs some system calls, and handshakes come by the hundred.</summary>
    public static readonly TimeSpan RecheckAfter = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private TrustList? _current;
    private string _stamp = "";
    private long _checkedAt;
    private long _version;

    /// <param name="root">The folder; made, with those below it, where it is missing.</param>
    /// <exception cref="IOException">A folder cannot be made.</exception>
    public TrustListStore(string root, TimeProvider time)
    {
        Root = root;
        _time = time;
        foreach (var folder in (string[])["own/certs", "own/private", "trusted/certs", "trusted/crl", "issuer/certs", "issuer/crl", "rejected/certs"])
            Directory.CreateDirectory(Path.Combine(root, folder));
    }

    public string Root { get; }
    public string RejectedFolder => Path.Combine(Root, "rejected", "certs");

    /// <summary>What the folders hold.</summary>
    public TrustList Current
    {
        get
        {
            lock (_gate)
            {
                if (_current is not null && _time.GetElapsedTime(_checkedAt) < RecheckAfter) return _current;
                _checkedAt = _time.GetTimestamp();
                var stamp = Stamp();
                if (_current is not null && stamp == _stamp) return _current;
                _stamp = stamp;
                return _current = Read(++_version);
            }
        }
    }

    /// <summary>Keeps a certificate that was refused, for the Security Manager to look at.</summary>
    public void Reject(X509Certificate2 certificate)
    {
        lock (_gate)
        {
            var path = Path.Combine(RejectedFolder, FileName(certificate));
            if (File.Exists(path)) return;
            File.WriteAllBytes(path, certificate.RawData);
            var all = new DirectoryInfo(RejectedFolder).GetFiles();
            foreach (var old in all.OrderByDescending(f => f.LastWriteTimeUtc).Skip(MaxRejected)) old.Delete();
        }
    }

    /// <summary>Trusts a certificate from now on, and takes it out of the rejected ones.</summary>
    public void Trust(X509Certificate2 certificate) => Put("trusted", certificate);

    /// <summary>Takes a certificate as an issuer in chains, without trusting what it issues.</summary>
    public void AddIssuer(X509Certificate2 certificate) => Put("issuer", certificate);

    /// <summary>Takes a trusted certificate out.</summary>
    /// <returns>False where it was not in.</returns>
    public bool Distrust(X509Certificate2 certificate)
    {
        lock (_gate)
        {
            var files = Directory.EnumerateFiles(Path.Combine(Root, "trusted", "certs")).Where(f => Load(f) is { } c && c.RawData.AsSpan().SequenceEqual(certificate.RawData)).ToArray();
            foreach (var file in files) File.Delete(file);
            _current = null;
            return files.Length > 0;
        }
    }

    /// <summary>Adds an authority's revocation list.</summary>
    /// <param name="forTrusted">Whether the authority is among the trusted ones or a mere issuer.</param>
    public void AddRevocationList(byte[] der, bool forTrusted = true)
    {
        lock (_gate)
        {
            File.WriteAllBytes(Path.Combine(Root, forTrusted ? "trusted" : "issuer", "crl", Convert.ToHexString(SHA256.HashData(der))[..40] + ".crl"), der);
            _current = null;
        }
    }

    /// <summary>The certificates that were refused and not trusted since.</summary>
    public IReadOnlyList<X509Certificate2> Rejected() => [.. Certificates("rejected")];

    /// <summary>The application's own certificate; null where there is none yet.</summary>
    /// <exception cref="CryptographicException">The files are there but cannot be read as certificate and key.</exception>
    public ApplicationCertificate? LoadOwn()
    {
        var file = Directory.EnumerateFiles(Path.Combine(Root, "own", "certs"), "*.der").Order(StringComparer.Ordinal).FirstOrDefault();
        if (file is null) return null;
        var key = Path.Combine(Root, "own", "private", Path.GetFileNameWithoutExtension(file) + ".pem");
        if (!File.Exists(key)) throw new CryptographicException($"{key} is missing: the private key of {file}.");
        using var rsa = RSA.Create();
        rsa.ImportFromPem(File.ReadAllText(key));
        using var certificate = X509CertificateLoader.LoadCertificateFromFile(file);
        return new ApplicationCertificate(certificate.CopyWithPrivateKey(rsa));
    }

    /// <summary>Makes a certificate the application's own: certificate and key go into the folders, the key readable by its owner alone.</summary>
    public ApplicationCertificate SaveOwn(X509Certificate2 certificate)
    {
        var name = Path.GetFileNameWithoutExtension(FileName(certificate));
        using var key = certificate.GetRSAPrivateKey() ?? throw new ArgumentException("The certificate has no RSA private key.", nameof(certificate));
        var path = Path.Combine(Root, "own", "private", name + ".pem");
        File.Delete(path);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var writer = new StreamWriter(path, options)) writer.Write(key.ExportPkcs8PrivateKeyPem());
        File.WriteAllBytes(Path.Combine(Root, "own", "certs", name + ".der"), certificate.RawData);
        return new ApplicationCertificate(certificate);
    }

    private void Put(string list, X509Certificate2 certificate)
    {
        lock (_gate)
        {
            File.WriteAllBytes(Path.Combine(Root, list, "certs", FileName(certificate)), certificate.RawData);
            File.Delete(Path.Combine(RejectedFolder, FileName(certificate)));
            _current = null;
        }
    }

    private static string FileName(X509Certificate2 certificate) => certificate.Thumbprint + ".der";

    private TrustList Read(long version) => new(version, [.. Certificates("trusted")], [.. Certificates("issuer")], [.. RevocationLists("trusted"), .. RevocationLists("issuer")]);

    private IEnumerable<X509Certificate2> Certificates(string list) =>
        Directory.EnumerateFiles(Path.Combine(Root, list, "certs")).Order(StringComparer.Ordinal).Select(Load).OfType<X509Certificate2>();

    private IEnumerable<RevocationList> RevocationLists(string list)
    {
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Root, list, "crl")))
            if (RevocationList.TryParse(File.ReadAllBytes(file), out var read)) yield return read;
    }

    // A file that is no certificate is passed over: somebody else's note must not shut everybody out.
    private static X509Certificate2? Load(string file)
    {
        try
        {
            var bytes = File.ReadAllBytes(file);
            return bytes.AsSpan().StartsWith("-----"u8) ? X509Certificate2.CreateFromPem(System.Text.Encoding.ASCII.GetString(bytes)) : X509CertificateLoader.LoadCertificate(bytes);
        }
        catch (Exception unreadable) when (unreadable is CryptographicException or IOException)
        {
            return null;
        }
    }

    private string Stamp()
    {
        var files = ((string[])["trusted", "issuer"]).SelectMany(list => ((string[])["certs", "crl"]).SelectMany(kind => new DirectoryInfo(Path.Combine(Root, list, kind)).GetFiles()));
        return string.Join('\n', files.Select(f => $"{f.FullName}|{f.Length}|{f.LastWriteTimeUtc.Ticks}").Order(StringComparer.Ordinal));
    }
}
