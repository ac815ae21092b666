namespace OpcPortal.Models;

/// <summary>A document of an agreement or an act is not well-formed: the message says what and where, for people.</summary>
public sealed class AgreementFormatException(string reason, Exception? inner = null) : Exception(reason, inner);
