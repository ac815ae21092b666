using System.Security.Cryptography;
using OpcPortal.Ua.Security;

namespace OpcPortal.Ua.Server;

/// <summary>Signatures by which each side proves that it holds the key of its certificate. Part 4 5.7.2, 5.7.3, 7.37 (SignatureData).</summary>
internal static class Signatures
{
    /// <summary>The server's over the client's certificate and nonce.</summary>
    public static SignatureData Create(SecurityPolicy policy, ApplicationCertificate own, ByteString clientCertificate, ByteString clientNonce)
    {
        if (policy.IsNone) return new SignatureData();
        byte[] signed = [.. clientCertificate.Span, .. clientNonce.Span];
        var signature = new byte[own.Key.KeySize / 8];
        own.Key.Sign(policy, signed, signature);
        return new SignatureData { Algorithm = policy.SignatureAlgorithm, Signature = signature };
    }

    /// <summary>Whether a signature over the server's certificate and last nonce is by this key.</summary>
    public static bool IsBy(RSA key, SecurityPolicy policy, SignatureData signature, ApplicationCertificate own, byte[] serverNonce)
    {
        if (signature.Signature.IsNull || (signature.Algorithm is { Length: > 0 } algorithm && algorithm != policy.SignatureAlgorithm)) return false;
        // The standard says "the server's certificate"; some clients take it with its issuers, as it was sent, others the leaf alone.
        return policy.Verify(key, [.. own.Certificate.RawDataMemory.Span, .. serverNonce], signature.Signature.Span)
            || (own.Chain.Length != own.Certificate.RawDataMemory.Length && policy.Verify(key, [.. own.Chain.Span, .. serverNonce], signature.Signature.Span));
    }
}

/// <summary>The server's own certificate. A channel keeps the one that it began with; new channels get the newest.</summary>
public sealed class ApplicationCertificates(ApplicationCertificate first)
{
    private ApplicationCertificate _current = first;

    public ApplicationCertificate Current => Volatile.Read(ref _current);

    /// <summary>Puts a new certificate in force. The old one is not disposed: channels may still use it.</summary>
    public void Replace(ApplicationCertificate certificate) => Volatile.Write(ref _current, certificate);
}
