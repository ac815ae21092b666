namespace OpcPortal.Models;

/// <summary>How large an agreement and what comes with it may be: whoever may propose could otherwise fill the server's memory.</summary>
public static class AgreementLimits
{
    /// <summary>Bytes of a document in UTF-8: a list of some thousand customers fits.</summary>
    public const int MaxDocumentBytes = 65_536;

    /// <summary>Entries of each list of a scope. Who has more to give names a class, a type or everything.</summary>
    public const int MaxListLength = 1_000;

    /// <summary>Windows of a week: four a day are plenty.</summary>
    public const int MaxWindows = 28;

    /// <summary>Characters of an id: as those of entities.</summary>
    public const int MaxIdLength = 64;

    /// <summary>Characters of any other name.</summary>
    public const int MaxNameLength = 256;

    /// <summary>Characters of a reason: a paragraph.</summary>
    public const int MaxReasonLength = 1_000;

    /// <summary>Characters of a certificate in Base64: one with an RSA key of 8192 bits and many names has some 4,000.</summary>
    public const int MaxCertificateLength = 16_384;

    /// <summary>Characters of a signature in Base64: that of an RSA key of 8192 bits has 1,368.</summary>
    public const int MaxSignatureLength = 2_048;

    /// <summary>
    /// Acts of one agreement: two parties that suspend and resume once a month fill it in eight years, and then conclude a new one. To revoke is always possible.
    /// </summary>
    public const int MaxActs = 200;

    /// <summary>Links of a chain of agreements that are based on each other.</summary>
    public const int MaxDelegationLinks = 4;
}
