namespace OpcPortal.Ua.Server;

/// <summary>
/// Whose a durable subscription is, in its journal: what token, application and channel had shown. No secret is among it; what was derived of it (roles, what the policy knows) is derived anew.
/// </summary>
internal static class OwnerRecord
{
    public static void Write(ref BinaryEncoder encoder, AccessContext who)
    {
        var user = who.Identity;
        encoder.WriteEnum(user.TokenType);
        encoder.WriteString(user.Name);
        encoder.WriteString(user.CertificateThumbprint);
        encoder.WriteString(user.CertificateHash);
        encoder.WriteString(user.SubjectCriterion);
        encoder.WriteString(user.IssuerCriterion);
        encoder.WriteEnum(who.SecurityMode);
        encoder.WriteString(who.SecurityPolicyUri);
        encoder.WriteString(who.EndpointUrl);
        encoder.WriteString(who.ApplicationUri);
        encoder.WriteString(who.ApplicationCertificateThumbprint);
        encoder.WriteString(who.UserName);
        encoder.WriteString(who.UserCertificateThumbprint);
        encoder.WriteBoolean(who.MustChangePassword);
        encoder.WriteBoolean(who.IsManaged);
        encoder.WriteStringArray([.. who.Locales]);
    }

    /// <summary>Without roles: <see cref="SessionAccess.Complete"/> gives them.</summary>
    public static AccessContext Read(ref BinaryDecoder decoder)
    {
        var user = new UserIdentity(decoder.ReadEnum<UserTokenType>(), decoder.ReadString(), decoder.ReadString(), decoder.ReadString())
        {
            SubjectCriterion = decoder.ReadString(),
            IssuerCriterion = decoder.ReadString(),
        };
        return new AccessContext
        {
            Roles = 0,
            Identity = user,
            SecurityMode = decoder.ReadEnum<MessageSecurityMode>(),
            SecurityPolicyUri = decoder.ReadString(),
            EndpointUrl = decoder.ReadString(),
            ApplicationUri = decoder.ReadString(),
            ApplicationCertificateThumbprint = decoder.ReadString(),
            UserName = decoder.ReadString(),
            UserCertificateThumbprint = decoder.ReadString(),
            MustChangePassword = decoder.ReadBoolean(),
            IsManaged = decoder.ReadBoolean(),
            Locales = [.. (decoder.ReadStringArray() ?? []).OfType<string>()],
        };
    }
}
