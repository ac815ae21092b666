using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OpcPortal.Models;
using OpcPortal.Ua.Security;

namespace OpcPortal.Server;

internal sealed partial class ChangeCheck
{
    private const string FoundationNamespaces = "http://opcfoundation.org/UA/";

    /// <summary>The portal's models lie below it.</summary>
    private const string PortalNamespaces = "http://opcportal.org/UA/";

    /// <summary>Purposes of an application: what an organisation does with data is told in a few words.</summary>
    private const int MaxPurposes = 64;

    private void CheckEntity(Entity entity, Entity? old)
    {
        if (!after.Kinds.TryGetValue(entity.Kind, out var kind)) throw Wrong($"there is no kind '{entity.Kind}'");
        CheckName(entity.Name);
        CheckPeriod(entity.Active);
        if (old is not null && old.Kind != entity.Kind) throw Wrong($"it is a {old.Kind} and stays one: end it and register another");
        var isCustomer = kind.IsNaturalPerson || kind.Id is EntityKind.Customer or EntityKind.CustomerFirm;
        if (isCustomer && string.IsNullOrWhiteSpace(entity.CustomerClass)) throw Wrong("a customer has a customer class");
        if (entity.CustomerClass is { Length: > RecordNames.MaxLength } || entity.Jurisdiction is { Length: 0 or > RecordNames.MaxLength }) throw Wrong($"customer class and jurisdiction have at most {RecordNames.MaxLength} characters");
        if (old is not null && old.NamespaceUri != entity.NamespaceUri && !kind.IsNaturalPerson) throw Wrong("its namespace does not change: clients know the ids of its nodes");
        CheckNamespace(entity, kind);
    }

    private void CheckNamespace(Entity entity, EntityKind kind)
    {
        var uri = entity.NamespaceUri;
        if (uri.Length > 512 || !Uri.TryCreate(uri, UriKind.Absolute, out _)) throw Wrong($"'{uri}' is no URI of a namespace");
        if (options.ReservedNamespaces.Contains(uri) || uri.StartsWith(FoundationNamespaces, StringComparison.OrdinalIgnoreCase) || uri.StartsWith(PortalNamespaces, StringComparison.OrdinalIgnoreCase))
            throw Wrong($"the namespace {uri} is that of a model or of the server");
        if (after.UseOfNamespace(uri) is not { } use) return;
        if (kind.IsNaturalPerson)
        {
            if (use.Organisation is { } organisation) throw Wrong($"the namespace {uri} is that of the organisation '{organisation}'");
            if (use.CustomerClass != entity.CustomerClass) throw Wrong($"the namespace {uri} is that of {use.CustomerClass} customers, not of {entity.CustomerClass} ones");
        }
        else if (use.Organisation != entity.Id)
        {
            throw Wrong(use.Organisation is { } other ? $"the namespace {uri} is that of '{other}'" : $"the namespace {uri} is that of {use.CustomerClass} customers");
        }
    }

    private void CheckApplication(EntityApplication application, EntityApplication? old)
    {
        EntityOf(application.Entity);
        CheckPeriod(application.Active);
        CheckWords(application.Purposes, "purposes");
        if (application.Purposes.Count > MaxPurposes) throw Wrong($"at most {MaxPurposes} purposes are wanted");
        if (old is not null && old.Entity != application.Entity) throw Wrong($"it belongs to '{old.Entity}' and stays there: what it signed is evidence");
        using var certificate = CertificateOf(application.Certificate, application.Thumbprint);
        if (CertificateFields.ApplicationUri(certificate) is not { } stated) throw Wrong("its certificate names no ApplicationUri: it is not that of an application");
        if (stated != application.ApplicationUri) throw Wrong($"its certificate is for {stated}, not {application.ApplicationUri}");
        if (after.ApplicationOfCertificate(application.Thumbprint) is { } claimed && claimed.Id != application.Id) throw ClaimedTwice("application", claimed.Id, claimed.Entity);
        if (before.ApplicationOfCertificate(application.Thumbprint) is { } holder && holder.Id != application.Id && after.Applications[holder.Id].Thumbprint == application.Thumbprint)
            throw ClaimedTwice("application", holder.Id, holder.Entity);
        if (after.IndividualOfCertificate(application.Thumbprint) is { } individual && individual.Entity != application.Entity) throw ClaimedTwice("individual", individual.Id, individual.Entity);
    }

    private void CheckIndividual(Individual individual, Individual? old)
    {
        var entity = EntityOf(individual.Entity);
        CheckName(individual.Name);
        CheckPeriod(individual.Active);
        if (old is not null && old.Entity != individual.Entity) throw Wrong($"it acts for '{old.Entity}': who acts for two entities has two records, with another credential each");
        if (individual.Power != ManagerPower.None && entity.Kind != EntityKind.House) throw Wrong($"only individuals of the house are managers, and '{entity.Id}' is a {entity.Kind}");
        if (old is not null && old.Power != individual.Power && old.Power != ManagerPower.None && individual.Power != ManagerPower.None)
            throw Wrong($"it has the power {old.Power} and gets no other: nobody holds two");
        if (individual.UserName is null && individual.Certificate is null) throw Wrong("a user name or a certificate is wanted");
        if (individual.UserName is not null) CheckUserName(individual);
        else if (individual.PasswordHash is not null) throw Wrong("a password wants a user name");
        if (individual.Certificate is not null || individual.Thumbprint is not null) CheckUserCertificate(individual);
    }

    private void CheckUserName(Individual individual)
    {
        var name = individual.UserName!;
        if (name.Length is 0 or > MaxNameLength || name.Any(char.IsControl)) throw Wrong($"a user name of 1 to {MaxNameLength} characters is wanted");
        // The text itself is not repeated: it may be a password that somebody took for a hash.
        if (individual.PasswordHash is not null && !PasswordHash.TryParse(individual.PasswordHash, out _)) throw Wrong("this is no password hash; make one with hash-password");
        if (individual.PasswordHash is not null && options.ConfiguredUsers.Contains(name)) throw Wrong($"the user '{name}' has a password in the server's configuration already: nobody has two");
        var claimed = after.IndividualOfUserName(name);
        if (claimed is not null && claimed.Id != individual.Id) throw Wrong($"the user name '{name}' is that of '{claimed.Id}'");
        var holder = before.IndividualOfUserName(name);
        if (holder is not null && holder.Id != individual.Id && after.Individuals[holder.Id].UserName == name) throw Wrong($"the user name '{name}' is that of '{holder.Id}'");
    }

    private void CheckUserCertificate(Individual individual)
    {
        if (individual.Certificate is null || individual.Thumbprint is null) throw Wrong("a certificate comes with its thumbprint");
        using var certificate = CertificateOf(individual.Certificate, individual.Thumbprint);
        if (after.IndividualOfCertificate(individual.Thumbprint) is { } claimed && claimed.Id != individual.Id) throw ClaimedTwice("individual", claimed.Id, claimed.Entity);
        if (before.IndividualOfCertificate(individual.Thumbprint) is { } holder && holder.Id != individual.Id && after.Individuals[holder.Id].Thumbprint == individual.Thumbprint)
            throw ClaimedTwice("individual", holder.Id, holder.Entity);
        if (after.ApplicationOfCertificate(individual.Thumbprint) is { } application && application.Entity != individual.Entity) throw ClaimedTwice("application", application.Id, application.Entity);
    }

    private static X509Certificate2 CertificateOf(string base64, string thumbprint)
    {
        try
        {
            var certificate = X509CertificateLoader.LoadCertificate(Convert.FromBase64String(base64));
            if (Convert.ToHexString(SHA256.HashData(certificate.RawDataMemory.Span)) == thumbprint) return certificate;
            certificate.Dispose();
        }
        catch (Exception malformed) when (malformed is FormatException or CryptographicException)
        {
            throw new DirectoryException("its certificate is none: DER in Base64 is wanted", malformed);
        }

        throw Wrong("its thumbprint is not that of its certificate: SHA-256 in upper-case hexadecimal is wanted");
    }

    private static DirectoryException ClaimedTwice(string kind, string id, string entity) => Wrong($"its certificate is that of the {kind} '{id}' of '{entity}': one certificate belongs to one");
}
