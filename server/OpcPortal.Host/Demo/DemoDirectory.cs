using System.Security.Cryptography;
using OpcPortal.Models;
using OpcPortal.Server;

namespace OpcPortal.Host;

/// <summary>The records of the demonstration's directory: entities and their applications, the house's managers, who lives where, who runs and owns what, rules. No agreements: those want signatures.</summary>
internal static class DemoDirectory
{
    // Wherever a period is open at its start: before anything was measured.
    private static readonly DateTime Beginning = new(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    private static readonly (string Portal, string Operator)[] Portals =
    [
        ("maple-1", DemoEntities.ValleyTelecom), ("maple-2", DemoEntities.ValleyTelecom), ("harbour-office", DemoEntities.SiteServices),
        ("market-hall", DemoEntities.SiteServices), ("steel-works", DemoEntities.SiteServices), ("cold-store", DemoEntities.SiteServices),
    ];

    /// <summary>Writes what is not there yet. What somebody has changed since the first start stays; certificates that were made anew take the place of those before.</summary>
    /// <exception cref="DirectoryException">The directory has something that does not go with it.</exception>
    public static async Task SeedAsync(PortalDirectory directory, DemoCertificates certificates, DateTime now)
    {
        var applications = DemoEntities.All.Select(entity => Application(entity, certificates)).ToList();
        object[] records = directory.Entities.ContainsKey(DemoEntities.House)
            ? [.. applications.Where(application => directory.Applications.GetValueOrDefault(application.Id)?.Thumbprint != application.Thumbprint)]
            : [.. DemoEntities.All, .. applications, .. DemoUsers.Individuals, .. Ownership(), .. DemoRules.At(now)];
        await directory.ApplyAsync(records, "demonstration", "the demonstration starts").ConfigureAwait(false);
    }

    private static IEnumerable<object> Ownership() =>
    [
        .. DemoEntities.Homes.Select(home => new Tenancy { Id = $"{home.Portal}-{home.Customer}", Portal = home.Portal, Customer = home.Customer, Period = ActivePeriod.Since(Beginning) }),
        .. Portals.Select(portal => new Premises { Portal = portal.Portal, Jurisdiction = DemoEntities.Jurisdiction, Flags = portal.Portal == "maple-2" ? ["life-support"] : [] }),
        .. Stewardships(),
    ];

    // Owners are those that the devices' files name, but where one data class of a device is another's.
    private static IEnumerable<Stewardship> Stewardships() =>
    [
        .. Portals.Select(portal => new Stewardship { Id = portal.Portal, Portal = portal.Portal, Operator = portal.Operator, Period = ActivePeriod.Since(Beginning) }),
        new Stewardship
        {
            // The customer's own power-quality data from the company's meter; the company answers for its being correct.
            Id = "harbour-office-meter-quality",
            Portal = "harbour-office",
            Device = "meter",
            DataClass = "PowerQuality",
            Owner = DemoEntities.HarbourTrading,
            Custodian = DemoEntities.RiverPower,
            Operator = DemoEntities.RiverPower,
            Period = ActivePeriod.Since(Beginning),
        },
    ];

    private static EntityApplication Application(Entity entity, DemoCertificates certificates)
    {
        using var own = certificates.Load(entity.Id);
        return new EntityApplication
        {
            Id = DemoEntities.ApplicationOf(entity.Id),
            Entity = entity.Id,
            ApplicationUri = own.ApplicationUri,
            Certificate = Convert.ToBase64String(own.Certificate.RawData),
            Thumbprint = own.Certificate.GetCertHashString(HashAlgorithmName.SHA256),
        };
    }
}
