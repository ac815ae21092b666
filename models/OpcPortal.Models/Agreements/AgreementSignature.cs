using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OpcPortal.Models;

/// <summary>What became of a signature that was looked at.</summary>
public enum SignatureVerdict : byte
{
    /// <summary>The key of the act's certificate signed just this.</summary>
    Valid = 0,

    /// <summary>The certificate cannot be read, or the act cannot have been signed as it stands.</summary>
    Unreadable = 1,

    /// <summary>The certificate's key is no RSA key of a size that is allowed.</summary>
    KeyUnsuitable = 2,

    /// <summary>The signature is another's, or made over something else.</summary>
    Wrong = 3,
}

/// <summary>
/// Signatures of acts: RSA-PSS with SHA-256 (RFC 8017 8.1, salt as long as the hash) over <see cref="AgreementCanonical"/>. They prove who signed what; whether the certificate belongs to
/// the party, and the party may act so, is asked elsewhere.
/// </summary>
public static class AgreementSignature
{
    /// <summary>What OPC UA's policies ask of RSA keys. Part 7, Aes256_Sha256_RsaPss.</summary>
    public const int MinKeyBits = 2048;

    /// <summary>Larger ones cost the server too much time each.</summary>
    public const int MaxKeyBits = 8192;

    /// <summary>Hexadecimal digits of a nonce: 128 bits, so that no two are alike.</summary>
    public const int NonceDigits = 32;

    /// <summary>A nonce for a new act.</summary>
    public static string NewNonce() => RandomNumberGenerator.GetHexString(NonceDigits, lowercase: true);

    /// <summary>Signs an act with the party's key, on the party's machine.</summary>
    /// <param name="unsigned">All but the signature; its certificate is that of the key.</param>
    /// <exception cref="ArgumentException">The key does not suit, or the act cannot be written down (see <see cref="AgreementCanonical"/>).</exception>
    public static SignedAct Sign(SignedAct unsigned, ActStatement statement, RSA key)
    {
        ArgumentNullException.ThrowIfNull(unsigned);
        ArgumentNullException.ThrowIfNull(key);
        if (key.KeySize is < MinKeyBits or > MaxKeyBits) throw new ArgumentException($"An RSA key of {MinKeyBits} to {MaxKeyBits} bits is needed; this one has {key.KeySize}.", nameof(key));
        var signature = key.SignData(AgreementCanonical.BytesOf(unsigned, statement), HashAlgorithmName.SHA256, RSASignaturePadding.Pss);
        var signed = unsigned with { Signature = Convert.ToBase64String(signature) };
        return Verify(signed, statement) == SignatureVerdict.Valid ? signed : throw new ArgumentException("The key is not that of the act's certificate.", nameof(key));
    }

    /// <summary>Whether the key of the act's certificate signed the act about <paramref name="statement"/>. Never throws, whatever the act says.</summary>
    public static SignatureVerdict Verify(SignedAct act, ActStatement statement)
    {
        ArgumentNullException.ThrowIfNull(act);
        ArgumentNullException.ThrowIfNull(statement);
        try
        {
            var signature = Convert.FromBase64String(act.Signature);
            using var certificate = X509CertificateLoader.LoadCertificate(Convert.FromBase64String(act.Certificate));
            using var key = certificate.GetRSAPublicKey();
            if (key is not { KeySize: >= MinKeyBits and <= MaxKeyBits }) return SignatureVerdict.KeyUnsuitable;
            return key.VerifyData(AgreementCanonical.BytesOf(act, statement), signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pss) ? SignatureVerdict.Valid : SignatureVerdict.Wrong;
        }
        catch (Exception malformed) when (malformed is FormatException or CryptographicException or ArgumentException)
        {
            return SignatureVerdict.Unreadable;
        }
    }

    /// <summary>Verifies every act that an agreement keeps, each for the terms that it was about, and that the terms in force are those.</summary>
    /// <returns>What does not hold, for people; null where all does.</returns>
    public static string? FlawOf(Agreement agreement)
    {
        ArgumentNullException.ThrowIfNull(agreement);
        var agreed = (ActStatement?)null;
        var pending = (ActStatement?)null;
        for (var i = 0; i < agreement.Acts.Count; i++)
        {
            var act = agreement.Acts[i];
            if (act.Terms is { } terms) pending = new ActStatement(agreement.Id, (agreed?.Revision ?? 0) + 1, terms);
            var about = act.Act is AgreementAct.Suspend or AgreementAct.Resume or AgreementAct.Revoke ? agreed : pending;
            if (about is null) return $"Act {i} ({act.Act} by {act.Party}) is about nothing.";
            if (Verify(act, about) is not SignatureVerdict.Valid and var verdict) return $"The signature of act {i} ({act.Act} by {act.Party}) does not hold: {verdict}.";
            if (act.Act == AgreementAct.Accept) agreed = pending;
            if (act.Act is AgreementAct.Accept or AgreementAct.Reject) pending = null;
        }

        return FlawOfTerms(agreement, agreed);
    }

    private static string? FlawOfTerms(Agreement agreement, ActStatement? agreed)
    {
        var signed = agreed ?? (agreement.Acts is [{ Terms: { } proposed }, ..] ? new ActStatement(agreement.Id, 1, proposed) : null);
        if (signed is null || signed.Revision != agreement.Revision || !AgreementCanonical.AreSame(signed.Terms, agreement.Terms)) return "The terms are not those that were signed.";
        return agreed is null && agreement.Status is (AgreementStatus.Active or AgreementStatus.Suspended or AgreementStatus.Revoked) ? "It was never accepted." : null;
    }
}
