using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OpcPortal.Ua.Security;

/// <summary>What a certificate must be good for.</summary>
public sealed record CertificateDemands
{
    /// <summary>The policy whose key lengths hold; null asks for none (user certificates take the policy of their token).</summary>
    public required SecurityPolicy Policy { get; init; }

    /// <summary>The ApplicationUri that it must state, exactly; null for a user's certificate, or where nobody stated one.</summary>
    public string? ApplicationUri { get; init; }

    /// <summary>The host that a client means to reach; null on a server.</summary>
    public string? Host { get; init; }

    /// <summary>Whether it is a person's, which needs no key usage for encryption.</summary>
    public bool IsUser { get; init; }
}

/// <summary>A judgement on a certificate.</summary>
/// <param name="Status">Good, or the first check of Part 4 Table 100 that failed.</param>
/// <param name="Detail">For the log; a peer is told BadSecurityChecksFailed and no more.</param>
public readonly record struct CertificateVerdict(StatusCode Status, string Detail)
{
    public bool IsGood => Status.IsGood;
}

/// <summary>Judges certificates against a trust list, in the order of Part 4 6.1.3 Table 100. Thread-safe.</summary>
public sealed class CertificateValidator(TrustListStore store, TimeProvider time)
{
    /// <summary>How long a good verdict is remembered: a client that reconnects at once costs no chain building. A change of the trust list ends it.</summary>
    public static readonly TimeSpan CachedFor = TimeSpan.FromMinutes(1);

    // Distinct good certificates remembered; beyond it the memory starts anew.
    private const int MaxCached = 10_000;

    // Hashes that no longer protect are refused in signatures, SHA-1 above all. Part 7 (policies ask for SHA-2).
    private static readonly HashSet<string> AcceptedSignatures =
    [
        "1.2.840.113549.1.1.11", "1.2.840.113549.1.1.12", "1.2.840.113549.1.1.13", "1.2.840.113549.1.1.10",
        "1.2.840.10045.4.3.2", "1.2.840.10045.4.3.3", "1.2.840.10045.4.3.4",
    ];

    private readonly ConcurrentDictionary<string, (DateTime Until, long Version)> _good = new(StringComparer.Ordinal);

    /// <summary>The store judged against; refused application certificates end in its rejected folder.</summary>
    public TrustListStore Store => store;

    /// <summary>Judges a certificate with the issuers that came with it.</summary>
    public CertificateVerdict Validate(ByteString chainBytes, CertificateDemands demands)
    {
        if (!CertificateChain.TryParse(chainBytes, out var chain)) return new(StatusCodes.BadCertificateInvalid, "It is no chain of certificates.");
        var list = store.Current;
        var key = Key(chainBytes, demands);
        var now = time.GetUtcNow().UtcDateTime;
        if (_good.TryGetValue(key, out var cached) && cached.Until > now && cached.Version == list.Version) return new(StatusCodes.Good, "");
        var verdict = Judge(chain, demands, list);
        if (verdict.IsGood) Remember(key, now, chain.Leaf, list.Version);
        else if (!demands.IsUser || verdict.Status == StatusCodes.BadCertificateUntrusted) store.Reject(chain.Leaf);
        return verdict;
    }

    private void Remember(string key, DateTime now, X509Certificate2 leaf, long version)
    {
        if (_good.Count >= MaxCached) _good.Clear();
        var end = leaf.NotAfter.ToUniversalTime();
        _good[key] = (now + CachedFor < end ? now + CachedFor : end, version);
    }

    private static string Key(ByteString chain, CertificateDemands demands) =>
        $"{Convert.ToHexString(SHA256.HashData(chain.Span))}|{demands.Policy.Name}|{demands.ApplicationUri}|{demands.Host}|{demands.IsUser}";

    private CertificateVerdict Judge(CertificateChain chain, CertificateDemands demands, TrustList list)
    {
        using var built = new X509Chain();
        if (!TryBuild(built, chain, list)) return new(StatusCodes.BadCertificateInvalid, "Its key or its issuers' cannot be read.");
        var elements = built.ChainElements;
        var verdict = JudgeChain(chain.Leaf, elements);
        if (verdict.IsGood) verdict = JudgePolicy(elements, demands.Policy);
        if (verdict.IsGood && !elements.Any(e => Contains(list.Trusted, e.Certificate))) verdict = new(StatusCodes.BadCertificateUntrusted, "Neither it nor an issuer is trusted.");
        if (verdict.IsGood) verdict = JudgeTime(elements);
        if (verdict.IsGood) verdict = JudgeNames(chain.Leaf, demands);
        if (verdict.IsGood) verdict = JudgeUsage(elements, demands);
        return verdict.IsGood ? JudgeRevocation(elements, list) : verdict;
    }

    private bool TryBuild(X509Chain built, CertificateChain chain, TrustList list)
    {
        var policy = built.ChainPolicy;
        policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        policy.RevocationMode = X509RevocationMode.NoCheck;
        policy.DisableCertificateDownloads = true;
        policy.VerificationTime = time.GetUtcNow().UtcDateTime;
        policy.VerificationTimeIgnored = false;
        foreach (var known in list.Trusted.Concat(list.Issuers))
        {
            if (CertificateFields.IsSelfIssued(known)) policy.CustomTrustStore.Add(known);
            else policy.ExtraStore.Add(known);
        }

        policy.ExtraStore.AddRange(chain.Issuers);
        try
        {
            // Whether it is good is told by the elements: what is wrong decides the status.
            built.Build(chain.Leaf);
            return built.ChainElements.Count > 0;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    private static CertificateVerdict JudgeChain(X509Certificate2 leaf, X509ChainElementCollection elements)
    {
        if (elements.Count > CertificateChain.MaxCertificates) return new(StatusCodes.BadCertificateInvalid, "Its chain is too long.");
        if (Has(elements, X509ChainStatusFlags.NotSignatureValid)) return new(StatusCodes.BadCertificateInvalid, "A signature in its chain does not fit.");
        if (Has(elements, X509ChainStatusFlags.PartialChain) && !CertificateFields.IsSelfIssued(leaf))
            return new(StatusCodes.BadCertificateChainIncomplete, "An issuer is missing.");
        return Has(elements, X509ChainStatusFlags.Cyclic) ? new(StatusCodes.BadCertificateInvalid, "Its chain runs in a circle.") : new(StatusCodes.Good, "");
    }

    private static CertificateVerdict JudgePolicy(X509ChainElementCollection elements, SecurityPolicy policy)
    {
        foreach (var element in elements)
        {
            if (!AcceptedSignatures.Contains(element.Certificate.SignatureAlgorithm.Value ?? ""))
                return new(StatusCodes.BadCertificatePolicyCheckFailed, $"{element.Certificate.SignatureAlgorithm.FriendlyName} is no longer accepted.");
        }

        using var key = elements[0].Certificate.GetRSAPublicKey();
        if (key is null) return new(StatusCodes.BadCertificatePolicyCheckFailed, "Its key is not an RSA key.");
        return !policy.IsNone && (key.KeySize < policy.MinKeyLength || key.KeySize > policy.MaxKeyLength)
            ? new(StatusCodes.BadCertificatePolicyCheckFailed, $"Its key has {key.KeySize} bits.")
            : new(StatusCodes.Good, "");
    }

    private CertificateVerdict JudgeTime(X509ChainElementCollection elements)
    {
        var now = time.GetUtcNow();
        for (var i = 0; i < elements.Count; i++)
        {
            var certificate = elements[i].Certificate;
            if (now >= certificate.NotBefore.ToUniversalTime() && now <= certificate.NotAfter.ToUniversalTime()) continue;
            return new(i == 0 ? StatusCodes.BadCertificateTimeInvalid : StatusCodes.BadCertificateIssuerTimeInvalid, $"{certificate.Subject} holds from {certificate.NotBefore:u} to {certificate.NotAfter:u}.");
        }

        return new(StatusCodes.Good, "");
    }

    private static CertificateVerdict JudgeNames(X509Certificate2 leaf, CertificateDemands demands)
    {
        if (demands.Host is { } host && !CertificateFields.Hosts(leaf).Contains(host, StringComparer.OrdinalIgnoreCase))
            return new(StatusCodes.BadCertificateHostNameInvalid, $"It does not name {host}.");
        return demands.ApplicationUri is { } uri && CertificateFields.ApplicationUri(leaf) != uri
            ? new(StatusCodes.BadCertificateUriInvalid, $"It does not name {uri}.")
            : new(StatusCodes.Good, "");
    }

    private static CertificateVerdict JudgeUsage(X509ChainElementCollection elements, CertificateDemands demands)
    {
        if (Has(elements, X509ChainStatusFlags.InvalidBasicConstraints) || Has(elements, X509ChainStatusFlags.NotValidForUsage))
            return new(StatusCodes.BadCertificateIssuerUseNotAllowed, "An issuer may not issue certificates.");
        var leaf = elements[0].Certificate;
        var wanted = demands.IsUser ? X509KeyUsageFlags.DigitalSignature : X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyEncipherment | X509KeyUsageFlags.DataEncipherment;
        if (leaf.Extensions.OfType<X509KeyUsageExtension>().FirstOrDefault() is { } usage && (usage.KeyUsages & wanted) != wanted)
            return new(StatusCodes.BadCertificateUseNotAllowed, $"Its key may be used for {usage.KeyUsages}.");
        return leaf.Extensions.OfType<X509BasicConstraintsExtension>().FirstOrDefault() is { CertificateAuthority: true } && elements.Count > 1
            ? new(StatusCodes.BadCertificateUseNotAllowed, "It is an authority's.")
            : new(StatusCodes.Good, "");
    }

    private CertificateVerdict JudgeRevocation(X509ChainElementCollection elements, TrustList list)
    {
        for (var i = 0; i + 1 < elements.Count; i++)
        {
            var (certificate, authority) = (elements[i].Certificate, elements[i + 1].Certificate);
            var lists = list.RevocationLists.Where(l => l.IsIssuedBy(authority) && (l.NextUpdate is null || l.NextUpdate > time.GetUtcNow())).ToArray();
            if (lists.Length == 0)
                return new(i == 0 ? StatusCodes.BadCertificateRevocationUnknown : StatusCodes.BadCertificateIssuerRevocationUnknown, $"There is no current revocation list of {authority.Subject}.");
            if (lists.Any(l => l.Names(certificate)))
                return new(i == 0 ? StatusCodes.BadCertificateRevoked : StatusCodes.BadCertificateIssuerRevoked, $"{certificate.Subject} is revoked.");
        }

        return new(StatusCodes.Good, "");
    }

    private static bool Has(X509ChainElementCollection elements, X509ChainStatusFlags flag) =>
        elements.Any(e => e.ChainElementStatus.Any(s => (s.Status & flag) != 0));

    private static bool Contains(X509Certificate2Collection all, X509Certificate2 one) => all.Any(c => c.RawDataMemory.Span.SequenceEqual(one.RawDataMemory.Span));
}
