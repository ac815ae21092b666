using System.Collections.Concurrent;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using OpcPortal.Adapters;
using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.NodeSets;
using OpcPortal.Ua.Security;
using OpcPortal.Ua.Server;
using OpcPortal.Ua.Server.Tests;

namespace OpcPortal.Server.Tests;

/// <summary>
/// A portal server with a directory, on pipes, with a clock that the test moves. <c>oak-1</c> belongs to a portal operator and has a meter of a distribution company and a water heater of whoever
/// lives there: <c>anna</c>. A user's name is that of the entity for whom it acts.
/// </summary>
internal sealed class GovernedServer : IAsyncDisposable
{
    public const string Operator = "urn:operator";
    public const string Utility = "urn:utility";
    public const string Residents = "urn:customers:residential";

    private const string Oak = """
        {
          "portal": { "id": "oak-1", "name": "Oak Street 1", "owner": "urn:operator", "accessNetwork": "Fibre" },
          "connection": { "protocol": "none" },
          "devices": [
            { "id": "meter", "type": "ElectricityMeterType", "owner": "urn:utility", "identification": { "Manufacturer": "Acme" },
              "points": { "ActiveEnergyImport": {}, "ActivePower": {}, "VoltageL1": {} } },
            { "id": "heater", "type": "WaterHeaterType", "owner": "urn:customers:residential",
              "points": { "WaterTemperature": {}, "TemperatureSetpoint": { "writable": true }, "SwitchState": {} }, "commands": { "Open": {}, "Close": {} } }
          ]
        }
        """;

    private static readonly Lazy<IReadOnlyList<NodeSet>> PortalSets = new(() => ModelLoader.Read(ModelLoader.PortalFile));

    private readonly ConcurrentBag<Task> _connections = [];
    private readonly string _pki = System.IO.Directory.CreateTempSubdirectory("opcportal-governed-").FullName;

    private readonly (SqliteDatabase Database, ReadingStore Store)? _history;
    private readonly MeterExchanges? _exchanges;
    private (SqliteDatabase Database, string Folder)? _control;

    private GovernedServer(FakeTimeProvider time, PortalDirectory directory, IDisclosureSink? sink, AuditLog? evidence, (SqliteDatabase Database, ReadingStore Store)? history, ValidationRules? validation, MeterExchanges? exchanges, SqlControlStore? control)
    {
        Time = time;
        _history = history;
        _exchanges = exchanges;
        Directory = directory;
        var trust = new TrustListStore(_pki, time);
        trust.Trust(TestPki.Client);
        var options = new UaServerOptions
        {
            Endpoints = new EndpointOptions
            {
                Urls = ["opc.tcp://localhost:4840"],
                ApplicationUri = TestPki.ServerUri,
                AllowAnonymous = true,
                Security = [new(SecurityPolicy.None, MessageSecurityMode.None), .. new EndpointOptions { Urls = [], ApplicationUri = "" }.Security],
            },
        };
        var parts = new UaServerParts
        {
            Certificate = new ApplicationCertificate(TestPki.Server),
            Applications = trust,
            Passwords = new AnyPassword(),
            Identities = new IdentityMappings([new(RoleTable.Operator, IdentityCriteriaType.UserName, "by-role"), new(RoleTable.SecurityAdmin, IdentityCriteriaType.UserName, "security")]),
            Admission = new ByName(directory, user => Admitting?.Invoke(user)),
            NodeSets = PortalSets.Value,
            Time = time,
        };
        var portal = new PortalServerOptions { OwnerRestrictions = 0, AdapterFolder = FolderOf("adapters"), ModelFolder = FolderOf("models"), Validation = validation ?? ValidationRules.None };
        Portal = new PortalServer(portal, options, parts, [new NoProtocol(), new IdleProtocol()], new PortalServerParts { Directory = directory, Disclosures = sink, Evidence = evidence, History = history?.Store, Exchanges = exchanges, Control = control });
    }

    /// <summary>The folder of files of "adapters" or "models": empty.</summary>
    public string FolderOf(string files) => System.IO.Directory.CreateDirectory(Path.Combine(_pki, files)).FullName;

    public FakeTimeProvider Time { get; }
    public DateTime Now => Time.GetUtcNow().UtcDateTime;
    public PortalDirectory Directory { get; }
    public PortalServer Portal { get; }

    /// <summary>Told of each user who is admitted, also anew.</summary>
    public Action<string?>? Admitting { get; set; }

    public FleetSpace Space => Portal.Space;

    public static Task<GovernedServer> StartAsync(IDisclosureSink? sink = null, string? file = Oak, params object[] records) => StartAsync(null, null, sink, file, records);

    /// <summary>One that keeps readings; the meter also tells what was consumed within each quarter of an hour.</summary>
    public static Task<GovernedServer> StartWithHistoryAsync(IDisclosureSink? sink = null, params object[] records) =>
        StartAsync(null, OpenHistoryAsync, sink, OakWithIntervals, records);

    /// <summary>One that keeps readings and validates them.</summary>
    public static Task<GovernedServer> StartWithValidationAsync(ValidationRules rules, params object[] records) => StartAsync(null, OpenHistoryAsync, null, OakWithIntervals, records, rules);

    /// <summary>One that keeps and carries out requests of control; no adapter is there that could take its commands.</summary>
    public static async Task<GovernedServer> StartWithControlAsync(params object[] records)
    {
        var folder = System.IO.Directory.CreateTempSubdirectory("opcportal-control-").FullName;
        var database = new SqliteDatabase(Path.Combine(folder, "portal.db"));
        var server = await StartAsync(null, null, null, Oak, records, control: await SqlControlStore.OpenAsync(database));
        server._control = (database, folder);
        return server;
    }

    private static string OakWithIntervals => Oak
        .Replace("\"ActivePower\": {}", "\"ActivePower\": {}, \"IntervalEnergyImport\": {}", StringComparison.Ordinal)
        .Replace("\"Manufacturer\": \"Acme\"", "\"Manufacturer\": \"Acme\", \"SerialNumber\": \"A-17\"", StringComparison.Ordinal);

    private static async Task<(SqliteDatabase, ReadingStore)> OpenHistoryAsync(TimeProvider time)
    {
        var folder = System.IO.Directory.CreateTempSubdirectory("opcportal-history-").FullName;
        var database = new SqliteDatabase(Path.Combine(folder, "history.db"));
        return (database, await ReadingStore.OpenAsync(database, new ReadingStoreOptions { JournalFolder = Path.Combine(folder, "journal") }, time, NullLogger<ReadingStore>.Instance));
    }

    /// <summary>One that keeps evidence.</summary>
    public static Task<GovernedServer> StartWithEvidenceAsync(IEvidenceStore store, params object[] records) =>
        StartAsync(time => AuditLog.OpenAsync(store, new AuditLogOptions(), time, NullLogger<AuditLog>.Instance), null, null, Oak, records);

    private static async Task<GovernedServer> StartAsync(
        Func<TimeProvider, Task<AuditLog>>? evidence, Func<TimeProvider, Task<(SqliteDatabase, ReadingStore)>>? history, IDisclosureSink? sink, string? file, object[] records, ValidationRules? validation = null, SqlControlStore? control = null)
    {
        // Certificates are judged by the server's clock too: it begins now.
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        var directory = await PortalDirectory.OpenAsync(new NoStore(), time);
        await directory.ApplyAsync(
            [
                Entity("operator", EntityKind.PortalOperator, Operator), Entity("utility", EntityKind.DistributionCompany, Utility), Entity("aggregator", EntityKind.Aggregator, "urn:aggregator"),
                Customer("anna"), Customer("bert"), new Tenancy { Id = "t-anna", Portal = "oak-1", Customer = "anna", Period = ActivePeriod.Always }, .. records,
            ],
            "test", "the world begins");
        var opened = history is null ? ((SqliteDatabase Database, ReadingStore Store)?)null : await history(time);
        var exchanges = opened is { } kept && validation is not null ? await MeterExchanges.OpenAsync(kept.Database) : null;
        var server = new GovernedServer(time, directory, sink, evidence is null ? null : await evidence(time), opened, validation, exchanges, control);
        if (file is not null) server.Load(file);
        server.Portal.Ua.Start();
        server.Portal.Start();
        return server;
    }

    public static Entity Entity(string id, string kind, string uri) => new() { Id = id, Kind = kind, Name = id, NamespaceUri = uri };

    public static Entity Customer(string id) => Entity(id, EntityKind.Customer, Residents) with { CustomerClass = "residential" };

    /// <summary>An agreement in force: who signed what is not asked here.</summary>
    public Agreement Agreement(string id, string grantor, string grantee, Operations operations, AccessScope? scope = null, AccessConditions? conditions = null, ActivePeriod? period = null) => new()
    {
        Id = id,
        Status = AgreementStatus.Active,
        ChangedAt = Now,
        Acts = [],
        Terms = new AgreementTerms
        {
            Grantor = grantor,
            Grantee = grantee,
            Purpose = "demand-response",
            Operations = operations,
            Scope = scope ?? new AccessScope(),
            Conditions = conditions ?? AccessConditions.None,
            Period = period ?? ActivePeriod.Always,
        },
    };

    public void Load(string json)
    {
        var refused = new List<ConfigurationException>();
        var reader = new AdapterConfigurationReader(Space.Registry, [new NoProtocol()], Space.Fleet.Check);
        var configuration = reader.Read("test.json", Encoding.UTF8.GetBytes(json), refused);
        Assert.Empty(refused);
        Space.Fleet.Add(configuration!);
    }

    /// <summary>Changes the directory and waits until that is in force.</summary>
    public async Task ApplyAsync(params object[] records)
    {
        await Directory.ApplyAsync(records, "test", "a test");
        await Portal.Governance!.CurrentAsync().WaitAsync(TimeSpan.FromSeconds(30));
    }

    /// <summary>Moves the clock and waits until what is due is in force.</summary>
    public async Task AdvanceAsync(TimeSpan by)
    {
        Time.Advance(by);
        await Portal.Governance!.CurrentAsync().WaitAsync(TimeSpan.FromSeconds(30));
    }

    public NodeId Node(string text, string owner) => new(text, Portal.Ua.Model.Namespaces.GetOrAdd(owner));

    /// <summary>A node of a model, by its number.</summary>
    public NodeId Node(uint number, string model) => new(number, Portal.Ua.Model.Namespaces.GetOrAdd(model));

    public void Measure(string device, string point, double value, QualityCode quality = default) =>
        Space.Store.Apply([new Reading(Space.Registry.Point("oak-1", device, point), PointValue.From(value), Now, Quality: quality)], Now);

    /// <summary>A reading as an adapter brings it: kept, then current.</summary>
    public async Task MeasureAsync(string device, string point, double value, DateTime at, QualityCode quality = default)
    {
        Reading[] readings = [new Reading(Space.Registry.Point("oak-1", device, point), PointValue.From(value), at, Quality: quality)];
        await _history!.Value.Store.KeepAsync(readings, new int[1], Now);
        Space.Store.Apply(readings, Now);
    }

    /// <summary>The exchanges of meters as a process after this one reads them.</summary>
    public Task<MeterExchanges> ReopenExchangesAsync() => MeterExchanges.OpenAsync(_history!.Value.Database);

    /// <summary>A session of a user, whose name is an entity's.</summary>
    public async Task<WireClient> ConnectAsync(string user)
    {
        var client = Dial();
        await client.HelloAsync();
        await client.OpenAsync();
        // Longer than any test moves the clock.
        await client.CreateSessionAsync(request => request.RequestedSessionTimeout = 3_600_000);
        await client.ActivateAsync(client.UserName(user, "any"));
        return client;
    }

    /// <summary>The same over an encrypted channel.</summary>
    public async Task<WireClient> ConnectEncryptedAsync(string user)
    {
        var client = Dial();
        await client.HelloAsync();
        await client.OpenAsync(SecurityPolicy.Basic256Sha256, MessageSecurityMode.SignAndEncrypt, TestPki.Client);
        await client.CreateSessionAsync();
        await client.ActivateAsync(client.UserName(user, "any"));
        return client;
    }

    /// <summary>A connection, and nothing said yet.</summary>
    public WireClient Dial()
    {
        var client = WireClient.Connect(Portal.Ua.Handler, Time);
        _connections.Add(client.Served);
        return client;
    }

    public async ValueTask DisposeAsync()
    {
        await Portal.DisposeAsync();
        await Task.WhenAll(_connections).WaitAsync(TimeSpan.FromSeconds(30));
        await Directory.DisposeAsync();
        _exchanges?.Dispose();
        if (_control is { } control)
        {
            await control.Database.DisposeAsync();
            System.IO.Directory.Delete(control.Folder, recursive: true);
        }

        if (_history is { } history)
        {
            await history.Store.DisposeAsync();
            await history.Database.DisposeAsync();
        }

        System.IO.Directory.Delete(_pki, recursive: true);
    }

    private sealed class ByName(PortalDirectory directory, Action<string?> admitting) : ISubjectAdmission
    {
        public AccessContext Admit(AccessContext context, UserIdentity user)
        {
            admitting(context.UserName);
            return context with { Subject = context.UserName is { } name && directory.Entities.TryGetValue(name, out var entity) ? new AccessSubject(entity.Id, entity.Kind) : AccessSubject.Nobody };
        }
    }

    private sealed class AnyPassword : IPasswordVerifier
    {
        public ValueTask<bool> VerifyAsync(string userName, ReadOnlyMemory<byte> password, CancellationToken cancellation) => ValueTask.FromResult(true);
    }

    private sealed class NoStore : IRecordStore
    {
        public async IAsyncEnumerable<StoredRecord> LoadAsync(DateTime? asOf, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
        {
            await Task.CompletedTask;
            yield break;
        }

        public Task AppendAsync(IReadOnlyList<StoredRecord> records, CancellationToken cancellation) => Task.CompletedTask;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
