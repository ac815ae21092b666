namespace OpcPortal.Server;

/// <summary>Why an act was refused, in kind.</summary>
public enum AgreementRefusal
{
    /// <summary>There is no such agreement, or its id is taken.</summary>
    Unknown,

    /// <summary>Who acts is no party, or acts for another than it belongs to.</summary>
    NotAParty,

    /// <summary>The signature does not hold, or its certificate is not that of the signer, or no longer.</summary>
    Signature,

    /// <summary>It was signed too long ago, or in the future.</summary>
    NotFresh,

    /// <summary>As the agreement stands, the act is not possible.</summary>
    State,

    /// <summary>The terms go beyond what the grantor has, or rest on nothing.</summary>
    Terms,

    /// <summary>There is an agreement that says the same.</summary>
    Duplicate,

    /// <summary>The party has put forward too many.</summary>
    TooMany,

    /// <summary>It could not be stored: nothing was changed, the same act may be sent again.</summary>
    NotStored,
}

/// <summary>An act is refused, and nothing was changed. The message says why, for people.</summary>
public sealed class AgreementException(AgreementRefusal refusal, string reason, Exception? inner = null) : Exception(reason, inner)
{
    public AgreementRefusal Refusal { get; } = refusal;
}
