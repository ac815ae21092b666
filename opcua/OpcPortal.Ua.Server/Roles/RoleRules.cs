namespace OpcPortal.Ua.Server;

/// <summary>What of roles clients may ask for. Part 18 4.2.2, 4.4.3, 4.4.5 to 4.4.10.</summary>
internal static class RoleRules
{
    // Long enough for any name that people give; shown to everybody who browses.
    private const int MaxNameLength = 128;

    private const int MaxUriLength = NamespaceTable.MaxUriLength;

    // Part 18 4.4.3: SHA-1 in upper-case hexadecimal.
    private const int ThumbprintLength = 40;

    /// <summary>Any application that a channel proves. Part 18 4.4.4; newer than the table of types.</summary>
    public const IdentityCriteriaType TrustedApplication = (IdentityCriteriaType)9;

    public static bool IsValidName(string? name) => name is { Length: > 0 and <= MaxNameLength } && !string.IsNullOrWhiteSpace(name) && !name.Any(char.IsControl);

    /// <returns>Good; BadInvalidArgument; BadNotSupported for what access tokens say, of which there are none here.</returns>
    public static StatusCode Check(RoleIdentity rule) => rule.Criteria switch
    {
        IdentityCriteriaType.UserName => When(rule.Value is { Length: > 0 and <= IdentityTokenVerifier.MaxUserNameLength }),
        IdentityCriteriaType.Thumbprint => When(rule.Value is { Length: ThumbprintLength } digits && digits.All(char.IsAsciiHexDigitUpper)),
        IdentityCriteriaType.Role or IdentityCriteriaType.GroupId => StatusCodes.BadNotSupported,
        IdentityCriteriaType.Anonymous or IdentityCriteriaType.AuthenticatedUser or TrustedApplication => When(rule.Value is null),
        IdentityCriteriaType.Application => CheckApplication(rule.Value),
        IdentityCriteriaType.X509Subject => When(X509SubjectCriterion.IsValid(rule.Value)),
        _ => StatusCodes.BadInvalidArgument,
    };

    /// <summary>Whether who is nobody in particular may have a role that rules over the others. Part 18 4.4.5: a restriction of this server's.</summary>
    public static bool MayHold(int role, RoleIdentity rule) =>
        role is not (RoleTable.SecurityAdmin or RoleTable.ConfigureAdmin)
        || rule.Criteria is not (IdentityCriteriaType.Anonymous or IdentityCriteriaType.AuthenticatedUser or TrustedApplication);

    // Part 4 7.2: ApplicationUris are URIs, mostly urn:.
    public static StatusCode CheckApplication(string? uri) => When(uri is { Length: > 0 and <= MaxUriLength } && Uri.TryCreate(uri, UriKind.Absolute, out _));

    public static StatusCode Check(RoleEndpoint endpoint) => When(
        RoleEndpoints.IsValidUrl(endpoint.Url) && endpoint.SecurityMode is >= MessageSecurityMode.Invalid and <= MessageSecurityMode.SignAndEncrypt
        && !(endpoint.SecurityPolicyUri?.Length > MaxUriLength) && !(endpoint.TransportProfileUri?.Length > MaxUriLength));

    private static StatusCode When(bool isValid) => isValid ? StatusCodes.Good : StatusCodes.BadInvalidArgument;
}
