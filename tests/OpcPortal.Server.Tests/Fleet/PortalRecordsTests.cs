using OpcPortal.Models;

namespace OpcPortal.Server.Tests;

/// <summary>Whose is what, by the records of a portal. portal-model.md: Ownership.</summary>
public sealed class PortalRecordsTests
{
    private static readonly DateTime Spring = Day(100);
    private static readonly DateTime Summer = Day(200);
    private static readonly DateTime Autumn = Day(300);

    [Fact]
    public void The_most_specific_stewardship_in_force_holds()
    {
        var records = new PortalRecords(
            [
                Of("all"), Of("all-energy", dataClass: "Energy"), Of("device", "meter"), Of("device-energy", "meter", "Energy"), Of("ended", "meter", "Energy", new ActivePeriod(DateTime.MinValue, Spring)),
            ], []);
        Assert.Equal("device-energy", records.StewardshipAt("meter", "Energy", Summer)?.Owner);
        Assert.Equal("device", records.StewardshipAt("meter", "PowerQuality", Summer)?.Owner);
        Assert.Equal("all-energy", records.StewardshipAt("heater", "Energy", Summer)?.Owner);
        Assert.Equal("all", records.StewardshipAt("heater", null, Summer)?.Owner);
        Assert.Equal("all", records.StewardshipAt(null, null, Summer)?.Owner);
    }

    // The end is the first instant at which it no longer holds.
    [Fact]
    public void A_transfer_takes_effect_at_its_instant()
    {
        var records = new PortalRecords([Of("old", "meter", period: new ActivePeriod(DateTime.MinValue, Summer)), Of("new", "meter", period: ActivePeriod.Since(Summer))], []);
        Assert.Equal("old", records.StewardshipAt("meter", "Energy", Summer.AddTicks(-1))?.Owner);
        Assert.Equal("new", records.StewardshipAt("meter", "Energy", Summer)?.Owner);
        Assert.Equal(Summer, records.NextChange(Spring));
        Assert.Equal(DateTime.MaxValue, records.NextChange(Summer));
    }

    [Fact]
    public void What_is_owned_without_a_break_is_owned_since_its_beginning()
    {
        var records = new PortalRecords(
            [Of("a", "meter", period: new ActivePeriod(Spring, Summer)), Of("a", "meter", period: new ActivePeriod(Summer, Autumn)) with { Custodian = "c" }], []);
        Assert.Equal(Spring, records.OwnedSince("meter", "Energy", "configured", false, Summer.AddDays(1)));
        // Afterwards it is the configured owner's again, since then alone.
        Assert.Equal(Autumn, records.OwnedSince("meter", "Energy", "configured", false, Autumn));
        Assert.Equal(DateTime.MinValue, records.OwnedSince("meter", "Energy", "a", false, Summer));
        Assert.Equal(DateTime.MinValue, records.OwnedSince("heater", "Energy", "configured", false, Autumn));
    }

    [Fact]
    public void What_is_the_occupants_is_so_since_the_occupant_came()
    {
        var records = new PortalRecords([], [Lives("anna", new ActivePeriod(DateTime.MinValue, Summer)), Lives("bert", ActivePeriod.Since(Autumn))]);
        Assert.Equal(DateTime.MinValue, records.OwnedSince("heater", "LoadState", null, true, Spring));
        // Nobody lives there, and nobody owned it before either of them did.
        Assert.Equal(Summer, records.OwnedSince("heater", "LoadState", null, true, Summer));
        Assert.Equal(Autumn, records.OwnedSince("heater", "LoadState", null, true, Autumn.AddDays(1)));
        Assert.Equal(("anna", null, "bert"), (records.TenancyAt(Spring)?.Customer, records.TenancyAt(Summer)?.Customer, records.TenancyAt(Autumn)?.Customer));
    }

    private static Stewardship Of(string owner, string? device = null, string? dataClass = null, ActivePeriod? period = null) =>
        new() { Id = owner, Portal = "p", Device = device, DataClass = dataClass, Owner = owner, Period = period ?? ActivePeriod.Always };

    private static Tenancy Lives(string customer, ActivePeriod period) => new() { Id = customer, Portal = "p", Customer = customer, Period = period };

    private static DateTime Day(int number) => new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc).AddDays(number);
}
