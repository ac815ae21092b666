using Microsoft.Extensions.Time.Testing;
using OpcPortal.Models;

namespace OpcPortal.Server.Tests;

/// <summary>A directory with a customer, a retailer, an aggregator and a stranger, each with an application that signs, and what takes their acts.</summary>
internal sealed class AgreementWorld : IAsyncDisposable
{
    public static readonly DateTime Start = new(2030, 1, 1, 12, 0, 0, DateTimeKind.Utc);

    private AgreementWorld(MemoryRecordStore store, FakeTimeProvider time, PortalDirectory directory, AgreementOptions options)
    {
        Store = store;
        Time = time;
        Directory = directory;
        Options = options;
        Service = new AgreementService(directory, Owned, options, time);
        Customer = TestParty.Of("customer-1", StartTime());
        Retailer = TestParty.Of("retailer", StartTime());
        Aggregator = TestParty.Of("aggregator", StartTime());
        Stranger = TestParty.Of("stranger", StartTime());
    }

    public MemoryRecordStore Store { get; }
    public FakeTimeProvider Time { get; }
    public PortalDirectory Directory { get; private set; }
    public AgreementService Service { get; private set; }
    public AgreementOptions Options { get; }
    public Ownership Owned { get; } = new();
    public TestParty Customer { get; }
    public TestParty Retailer { get; }
    public TestParty Aggregator { get; }
    public TestParty Stranger { get; }

    public DateTime Now => Time.GetUtcNow().UtcDateTime;

    /// <summary>The customer's energy readings at home, for the retailer.</summary>
    public static AgreementTerms Terms { get; } = new()
    {
        Grantor = "customer-1",
        Grantee = "retailer",
        Purpose = "billing",
        Scope = new AccessScope { Portals = ["p1"], DataClasses = ["Energy"] },
        Operations = Operations.Browse | Operations.Read,
        Period = new ActivePeriod(Start, Start.AddDays(100)),
    };

    public static async Task<AgreementWorld> CreateAsync(AgreementOptions? options = null)
    {
        var (store, time) = (new MemoryRecordStore(), StartTime());
        var world = new AgreementWorld(store, time, await PortalDirectory.OpenAsync(store, time), options ?? new AgreementOptions());
        await world.Directory.ApplyAsync(
            [
                new Entity { Id = "customer-1", Kind = EntityKind.Customer, Name = "A customer", NamespaceUri = "urn:customers", CustomerClass = "residential" },
                new Entity { Id = "retailer", Kind = EntityKind.Retailer, Name = "A retailer", NamespaceUri = "urn:retailer" },
                new Entity { Id = "aggregator", Kind = EntityKind.Aggregator, Name = "An aggregator", NamespaceUri = "urn:aggregator" },
                new Entity { Id = "stranger", Kind = EntityKind.Retailer, Name = "Another retailer", NamespaceUri = "urn:stranger" },
                world.Customer.Application, world.Retailer.Application, world.Aggregator.Application, world.Stranger.Application,
            ],
            "test", "the world begins");
        return world;
    }

    /// <summary>Stops and starts again, with nothing but what was stored.</summary>
    public async Task RestartAsync()
    {
        Service.Dispose();
        Directory = await PortalDirectory.OpenAsync(Store, Time);
        Service = new AgreementService(Directory, Owned, Options, Time);
    }

    public Agreement? Find(string id) => Directory.Agreements.GetValueOrDefault(id);

    public Task<ProposedAgreement> ProposeAsync(string id, AgreementTerms terms, TestParty? by = null) =>
        Service.ProposeAsync(new AgreementDocument { Id = id, Terms = terms }, (by ?? Customer).Sign(id, null, AgreementAct.Propose, Now, terms), (by ?? Customer).Entity);

    public Task<Agreement> ActAsync(string id, TestParty by, AgreementAct act, AgreementTerms? terms = null) => Service.ActAsync(id, by.Sign(id, Find(id), act, Now, terms), terms, by.Entity);

    /// <summary>Proposed by the grantor and accepted by the grantee.</summary>
    public async Task<Agreement> ConcludeAsync(string id, AgreementTerms? terms = null)
    {
        terms ??= Terms;
        await ProposeAsync(id, terms, PartyOf(terms.Grantor));
        return await ActAsync(id, PartyOf(terms.Grantee), AgreementAct.Accept);
    }

    public TestParty PartyOf(string entity) => TestParty.Of(entity, StartTime());

    /// <summary>What an act is refused with; the directory stays as it was.</summary>
    public async Task<(AgreementRefusal Refusal, string Reason)> RefusedAsync(Func<Task> act)
    {
        var version = Directory.Version;
        var refused = await Assert.ThrowsAsync<AgreementException>(act);
        Assert.Equal(version, Directory.Version);
        return (refused.Refusal, refused.Message);
    }

    public async ValueTask DisposeAsync()
    {
        Service.Dispose();
        await Directory.DisposeAsync();
    }

    private static FakeTimeProvider StartTime() => new(new DateTimeOffset(Start));

    /// <summary>The customer lives at p1 and p2, and owns energy and power quality there.</summary>
    internal sealed class Ownership : IOwnershipView
    {
        private static readonly string[] Portals = ["p1", "p2"];
        private static readonly string[] Classes = ["Energy", "PowerQuality"];

        public bool OwnsAny(string entity, AccessScope scope) => entity == "customer-1"
            && Meet(scope.Portals, Portals) && Meet(scope.DataClasses, Classes) && Meet(scope.Customers, ["customer-1"]);

        private static bool Meet(IReadOnlyList<string> named, string[] owned) => named.Count == 0 || named.Intersect(owned).Any();
    }
}
