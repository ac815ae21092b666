namespace OpcPortal.Ua;

/// <summary>Vendor-specific details of a failure; strings are indexes into the response's string table. Part 4 7.12.</summary>
public sealed record DiagnosticInfo
{
    public int? SymbolicId { get; init; }
    public int? NamespaceUri { get; init; }
    public int? Locale { get; init; }
    public int? LocalizedText { get; init; }
    public string? AdditionalInfo { get; init; }
    public StatusCode? InnerStatusCode { get; init; }
    public DiagnosticInfo? InnerDiagnosticInfo { get; init; }

    // Says nothing: the same as null, which is how it is written inside another. Part 6 5.2.2.12.
    internal bool IsEmpty =>
        SymbolicId is null && NamespaceUri is null && Locale is null && LocalizedText is null && AdditionalInfo is null && InnerStatusCode is null && InnerDiagnosticInfo is null;
}
