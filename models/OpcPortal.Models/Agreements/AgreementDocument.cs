using System.Buffers;
using System.Text;
using System.Text.Json;

namespace OpcPortal.Models;

/// <summary>
/// The documents that parties write and hand over, as JSON: what is to be agreed (<see cref="AgreementDocument"/>) and the signed act (<see cref="ReadAct"/>). Readers take nothing that
/// is too large, has members that are not known, lacks what is needed or says what no agreement can say.
/// </summary>
public sealed record AgreementDocument
{
    // What would hide something from whoever reads what they sign: control characters and marks that turn the direction of writing.
    private static readonly SearchValues<char> Hidden = SearchValues.Create(
        [.. Enumerable.Range(0, 0x20).Concat(Enumerable.Range(0x7F, 0x21)).Concat([0x200B, 0x200E, 0x200F, 0x2028, 0x2029, 0x202A, 0x202B, 0x202C, 0x202D, 0x202E, 0x2066, 0x2067, 0x2068, 0x2069, 0xFEFF]).Select(static c => (char)c)]);

    /// <summary>Chosen by whoever proposes: letters, digits, '-', '.' and '_', a letter or digit first; 64 characters at most, never used before.</summary>
    public required string Id { get; init; }

    public required AgreementTerms Terms { get; init; }

    /// <summary>Reads an agreement that is to be proposed, or the new terms of one that is to be renewed.</summary>
    /// <exception cref="AgreementFormatException">It is none: the reason names the member.</exception>
    public static AgreementDocument Read(string json)
    {
        var document = Deserialize<AgreementDocument>(json);
        if (!IsId(document.Id)) throw new AgreementFormatException($"id: letters, digits, '-', '.' and '_', a letter or digit first, {AgreementLimits.MaxIdLength} characters at most.");
        if (AgreementTermsCheck.FlawOf(document.Terms) is { } flaw) throw new AgreementFormatException(flaw);
        return document;
    }

    /// <summary>Reads an act with its signature.</summary>
    /// <exception cref="AgreementFormatException">It is none: the reason names the member.</exception>
    public static SignedAct ReadAct(string json)
    {
        var act = Deserialize<SignedAct>(json);
        if (act.Terms is { } terms && AgreementTermsCheck.FlawOf(terms) is { } flaw) throw new AgreementFormatException(flaw);
        if (!IsId(act.Party) || !IsName(act.Signer)) throw new AgreementFormatException("party, signer: an entity, and an application or individual of it.");
        if (act.Nonce.Length != AgreementSignature.NonceDigits || !act.Nonce.All(static c => char.IsAsciiHexDigitLower(c))) throw new AgreementFormatException($"nonce: {AgreementSignature.NonceDigits} hexadecimal digits in lower case.");
        if (act.Reason is { } reason && (reason.Length > AgreementLimits.MaxReasonLength || IsHiding(reason))) throw new AgreementFormatException($"reason: one line of {AgreementLimits.MaxReasonLength} characters at most.");
        if (act.Certificate.Length > AgreementLimits.MaxCertificateLength) throw new AgreementFormatException("certificate: too long.");
        if (act.Signature.Length > AgreementLimits.MaxSignatureLength) throw new AgreementFormatException("signature: too long.");
        return act;
    }

    /// <summary>The JSON form.</summary>
    public string Write() => JsonSerializer.Serialize(this, AgreementJson.Options);

    /// <summary>The JSON form of an act.</summary>
    public static string Write(SignedAct act) => JsonSerializer.Serialize(act, AgreementJson.Options);

    /// <summary>The JSON form of an agreement with its life so far: to be shown, or verified elsewhere.</summary>
    public static string Write(Agreement agreement) => JsonSerializer.Serialize(agreement, AgreementJson.Options);

    /// <summary>Reads what <see cref="Write(Agreement)"/> wrote; its signatures are not looked at.</summary>
    /// <exception cref="AgreementFormatException">It is none.</exception>
    public static Agreement ReadAgreement(string json)
    {
        var agreement = Deserialize<Agreement>(json, AgreementLimits.MaxDocumentBytes * AgreementLimits.MaxActs);
        if (!IsId(agreement.Id) || agreement.Acts.Count is 0 or > AgreementLimits.MaxActs + 1 || agreement.Acts.Any(static act => act is null)) throw new AgreementFormatException("It has no id, or no acts, or too many.");
        if (AgreementTermsCheck.FlawOf(agreement.Terms) is { } flaw) throw new AgreementFormatException(flaw);
        return agreement;
    }

    /// <summary>Whether a text may be the id of an agreement or an entity.</summary>
    public static bool IsId(string text) => text is { Length: > 0 and <= AgreementLimits.MaxIdLength } && char.IsAsciiLetterOrDigit(text[0]) && text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_');

    internal static bool IsName(string text) => text is { Length: > 0 and <= AgreementLimits.MaxNameLength } && !IsHiding(text);

    private static bool IsHiding(string text) => text.AsSpan().ContainsAny(Hidden);

    internal static T Deserialize<T>(string json, int maxBytes = AgreementLimits.MaxDocumentBytes)
    {
        ArgumentNullException.ThrowIfNull(json);
        if (json.Length > maxBytes || Encoding.UTF8.GetByteCount(json) > maxBytes) throw new AgreementFormatException($"The document is larger than {maxBytes} bytes.");
        try
        {
            return JsonSerializer.Deserialize<T>(json, AgreementJson.Options) ?? throw new AgreementFormatException("There is nothing in it.");
        }
        // Half a surrogate pair in a text is not what the reader calls a JsonException.
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException or ArgumentException)
        {
            throw new AgreementFormatException(malformed.Message, malformed);
        }
    }
}
