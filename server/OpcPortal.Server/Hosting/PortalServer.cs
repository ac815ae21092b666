using Microsoft.Extensions.Logging;
using OpcPortal.Adapters;
using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>How a portal server is set up, beside what every OPC UA server has.</summary>
public sealed record PortalServerOptions
{
    /// <summary>The folder of the adapters' configuration files; null: none.</summary>
    public string? AdapterFolder { get; init; }

    /// <summary>The folder that further models are loaded from while the server runs; null: none are. Those that are there at the start come with the server's parts.</summary>
    public string? ModelFolder { get; init; }

    /// <summary>
    /// What channels must protect to read or write what belongs to owners. Default: encryption, for it is data of customers.
    /// </summary>
    public AccessRestrictionType OwnerRestrictions { get; init; } = AccessRestrictionType.SigningRequired | AccessRestrictionType.EncryptionRequired;

    public CommandOptions Commands { get; init; } = new();
    public AdapterHostOptions Adapters { get; init; } = new();
    public AgreementOptions Agreements { get; init; } = new();
    public ControlOptions Control { get; init; } = new();

    /// <summary>How readings are validated and estimated, where history is kept.</summary>
    public ValidationRules Validation { get; init; } = ValidationRules.None;

    /// <summary>Readings under way from adapters.</summary>
    public int IngestCapacity { get; init; } = ReadingChannel.DefaultCapacity;
}

/// <summary>What a portal server is given beside what every OPC UA server is.</summary>
public sealed record PortalServerParts
{
    /// <summary>Who there is and whose is what; null: roles alone say who may do what. Disposed by whoever opened it, after the server.</summary>
    public PortalDirectory? Directory { get; init; }

    /// <summary>Keeps who was shown or commanded what; null: <see cref="Evidence"/> does, where it is there.</summary>
    public IDisclosureSink? Disclosures { get; init; }

    /// <summary>The log of all that is evidence, ended with the server; null: none is kept.</summary>
    public AuditLog? Evidence { get; init; }

    /// <summary>Keeps readings; null: none are kept. Disposed by whoever opened it, after the server.</summary>
    public ReadingStore? History { get; init; }

    /// <summary>What makes backups; null: nothing does. Disposed by whoever made it, before the storage.</summary>
    public BackupService? Backups { get; init; }

    /// <summary>Keeps over a restart what is to be validated; null: nothing does.</summary>
    public SqlValidationWork? ValidationWork { get; init; }

    /// <summary>Keeps what is told of exchanged meters; null: only files tell of them. Disposed by whoever opened it, after the server.</summary>
    public MeterExchanges? Exchanges { get; init; }

    /// <summary>Keeps requests of control and what became of them; null: only single commands are carried to devices, and none is kept.</summary>
    public SqlControlStore? Control { get; init; }

    /// <summary>Keeps events to be read again; null: past events cannot be read. Disposed by whoever opened it, after the server.</summary>
    public EventArchive? Events { get; init; }

    /// <summary>What dry runs replay; null: the disclosures of <see cref="Evidence"/>, where there are any.</summary>
    public IRecordedAccesses? Recorded { get; init; }
}

/// <summary>
/// The portal server: an OPC UA server whose owners' namespaces are the fleet that adapters read and command. The one place where the rooms of this project are put together.
/// </summary>
public sealed class PortalServer : IAsyncDisposable
{
    // No audit events, but what happens to an agreement is evidence also where nobody called a method: that it expired, above all.
    private const string AgreementEvents = "AgreementEventType";

    private readonly PortalServerOptions _options;
    private readonly IReadOnlyList<IAdapterFactory> _protocols;
    private readonly AdapterHost _adapters;
    private readonly DirectoryAdministration? _administration;
    private readonly CurrentRevisions? _revisions;
    private readonly HealthKeeper? _healthKeeper;
    private readonly HistoryReports? _historyReports;

    /// <param name="ua">How the OPC UA server is set up.</param>
    /// <param name="parts">Its parts, with the models beyond the standard's own; NodeSet.xml among them.</param>
    /// <param name="protocols">The adapters known.</param>
    /// <param name="own">What it is given beside.</param>
    public PortalServer(PortalServerOptions options, UaServerOptions ua, UaServerParts parts, IReadOnlyList<IAdapterFactory> protocols, PortalServerParts? own = null)
    {
        _options = options;
        _protocols = protocols;
        own ??= new PortalServerParts();
        PortalAccessPolicy? policy = null;
        // Whoever admits by other means is asked in the directory's place.
        var admission = own.Directory is null || parts.Admission is not null ? null : new PortalAdmission(own.Directory, parts.Time);
        Ua = new UaServer(ua, PartsOf(parts, own, admission) with { Policy = model => policy = new PortalAccessPolicy(model.Policy) });
        admission?.Bind(Ua.Model);
        own.Events?.Bind(Ua);
        Commands = new CommandService((command, cancellation) => _adapters!.ExecuteAsync(command, cancellation), parts.Time, options.Commands);
        Space = FleetSpace.Create(Ua.Model, Commands, OwnNamespace, parts.Time);
        // Known before the rules that name it are compiled.
        Space.Fleet.Words.Of(AccessDefaults.BackupGroup);
        Space.Fleet.Words.Of(AccessDefaults.MeterExchangeGroup);
        Space.Fleet.Words.Of(AccessDefaults.CustomerOverrideGroup);
        var recorder = own.Evidence is null ? null : new DisclosureRecorder(own.Evidence, parts.Loggers.CreateLogger<DisclosureRecorder>());
        if (own.Directory is { } directory) Governance = new PortalGovernance(directory, Space, Ua, policy!, own.Disclosures ?? recorder, parts.Time, parts.Loggers);
        if (recorder is not null) Evidence = EvidenceSpace.Attach(Ua, own.Evidence!, recorder, own.Directory, parts.Time, () => parts.Applications.Current.Trusted, AgreementEvents);
        if (Governance is not null) Agreements = new PortalAgreements(own.Directory!, Governance, Space, Ua, options.Agreements, own.Recorded ?? Recorded(parts.Time), parts.Time, parts.Loggers);
        if (own.Directory is { } known) EntityViews.Attach(Ua, known, Space.References, policy!);
        History = own.History;
        History?.Bind(new FleetPoints(Space.Registry));
        Space.History = History;
        _revisions = History is null ? null : new CurrentRevisions(History, History.NoteOf, Space.Store, parts.Time, parts.Loggers.CreateLogger<CurrentRevisions>());
        Space.Nodes.Chains = _revisions;
        if (History is not null && options.Validation.Sets.Count > 0) Validation = new ValidationService(options.Validation, Space, Ua.Model, History, Governance, own, parts.Time, parts.Loggers.CreateLogger<ValidationService>());
        Space.Serve(Validation?.Exchange);
        Ingest = new IngestPipeline(Space.Store, parts.Time, options.IngestCapacity, Validation?.Screen, History, parts.Loggers.CreateLogger<IngestPipeline>());
        if (History is not null)
        {
            _healthKeeper = new HealthKeeper(History, parts.Time);
            _historyReports = new HistoryReports(History, Ua, own.Evidence, parts.Time);
        }

        Health = new FleetHealth(Space.Registry, Space.Store, parts.Time, parts.Loggers.CreateLogger<FleetHealth>(), _healthKeeper);
        _adapters = new AdapterHost(options.Adapters, Ingest, Health, parts.Time, parts.Loggers, outages: Validation);
        if (own.Directory is { } governed) Files = new AddedFiles(options, protocols, this, governed, _adapters);
        _administration = AdministrationNodes.Attach(own.Directory, Files, Ua, parts.Time);
        ValidationNodes.Attach(Validation, Ua);
        BackupNodes.Attach(own.Backups, Governance, Space, Ua);
        if (own.Control is null || Governance is null)
        {
            ControlObject.Attach(null, Ua, parts.Time);
            return;
        }

        Control = new ControlService(own.Control, options.Control, Space, Commands, Governance, own.Directory!, parts.Time, parts.Loggers.CreateLogger<ControlService>());
        Space.Serve(new DeviceControlMethods(Control, parts.Time));
        ControlObject.Attach(Control, Ua, parts.Time);
    }

    // What the directory says and keeps, unless the host brings its own.
    private static UaServerParts PartsOf(UaServerParts given, PortalServerParts own, ISubjectAdmission? admission)
    {
        if (own.Events is not null) given = given with { EventArchive = given.EventArchive ?? own.Events };
        if (own.History is not null) given = given with { Facts = given.Facts with { History = given.Facts.History ?? HistoryFacts.All } };
        return own.Directory is not { } directory ? given : given with
        {
            Admission = given.Admission ?? admission,
            Roles = given.Roles ?? new DirectoryRoles(directory),
            RoleApproval = given.RoleApproval ?? new ManagerRolesApproval(given.Time),
        };
    }

    public UaServer Ua { get; }
    public FleetSpace Space { get; }
    public IngestPipeline Ingest { get; }
    public FleetHealth Health { get; }

    /// <summary>The stored readings; null where none are kept.</summary>
    public ReadingStore? History { get; }

    /// <summary>What validates and estimates them; null where none are kept, or no rules hold.</summary>
    public ValidationService? Validation { get; }

    public CommandService Commands { get; }

    /// <summary>Load control and supply switches; null where there is no directory, or nothing is kept of them.</summary>
    public ControlService? Control { get; }

    /// <summary>The log of all that is evidence, and what is shown of it; null where the server has none.</summary>
    public EvidenceSpace? Evidence { get; }

    /// <summary>What the directory makes of the server; null where it has none.</summary>
    public PortalGovernance? Governance { get; }

    /// <summary>The agreements between those whom the directory knows; null where there is no directory.</summary>
    public PortalAgreements? Agreements { get; }

    /// <summary>What loads files while the server runs; null where there is no directory, and so no manager.</summary>
    internal AddedFiles? Files { get; }

    /// <summary>Completes when the current values have followed all revisions so far.</summary>
    internal Task RevisedAsync() => _revisions?.FlushAsync() ?? Task.CompletedTask;

    /// <summary>What was refused of the adapters' files, once they are loaded.</summary>
    public IReadOnlyList<ConfigurationException> Refused { get; private set; } = [];

    /// <summary>Files that adapters run.</summary>
    public int AdapterCount { get; private set; }

    /// <summary>
    /// Loads the adapters' files and starts to read devices. What is wrong is refused as narrowly as can be, and told in <see cref="Refused"/>; the rest runs. Connections are to be
    /// accepted after it.
    /// </summary>
    public void Start()
    {
        if (_options.AdapterFolder is { } folder) LoadAdapters(folder);
        Refused = [.. Validation?.Refused ?? _options.Validation.Refused, .. Refused];
        Governance?.Start();
        Agreements?.Start();
        // Their nodes and their owners' rights are there, and no value has come yet that they could miss.
        Ua.RestoreSubscriptions();
        Validation?.Start();
        Ingest.Start();
        _adapters.Start();
        Control?.Start();
    }

    private RecordedDisclosures? Recorded(TimeProvider time) => Evidence is null ? null : new RecordedDisclosures(Evidence.Log.Store, Space, Governance!.Numbers, time);

    private void LoadAdapters(string folder)
    {
        var reader = new AdapterConfigurationReader(Space.Registry, _protocols, Space.Fleet.Check);
        var loaded = AdapterFolder.Load(folder, reader);
        var refused = new List<ConfigurationException>(loaded.Refused);
        foreach (var configuration in loaded.Configurations)
        {
            try
            {
                _adapters.Add(configuration, reader.FactoryOf(configuration));
                AdapterCount++;
            }
            catch (ConfigurationException wrong)
            {
                refused.Add(wrong);
                continue;
            }

            Space.Fleet.Add(configuration);
            foreach (var device in configuration.Devices) Health.Report(device.Number, CommunicationState.Unknown, null);
        }

        Refused = refused;
    }

    private void OwnNamespace(ushort index)
    {
        Ua.Model.AddressSpace.Attach(index, Space.Nodes);
        Ua.Model.Policy.SetDefaults(index, OwnerPermissions.ByRole, _options.OwnerRestrictions);
        // Part 5 6.3.13: ids of an owner's nodes mean something in this server alone.
        Ua.Server.Namespaces.Add(index, new NamespaceDescription());
    }

    /// <summary>Ends connections, then adapters, then applies what they still brought.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Control is not null) await Control.DisposeAsync().ConfigureAwait(false);
        if (Governance is not null) await Governance.DisposeAsync().ConfigureAwait(false);
        await Ua.StopAsync().ConfigureAwait(false);
        if (Agreements is not null) await Agreements.DisposeAsync().ConfigureAwait(false);
        _administration?.Dispose();
        Files?.Dispose();
        await _adapters.DisposeAsync().ConfigureAwait(false);
        await Ingest.DisposeAsync().ConfigureAwait(false);
        if (Validation is not null) await Validation.DisposeAsync().ConfigureAwait(false);
        if (_healthKeeper is not null) await _healthKeeper.DisposeAsync().ConfigureAwait(false);
        _historyReports?.Dispose();
        if (_revisions is not null) await _revisions.DisposeAsync().ConfigureAwait(false);
        // What adapters still brought waits for the clients of durable subscriptions.
        await Ua.DisposeAsync().ConfigureAwait(false);
        // Last: that sessions ended is evidence too.
        if (Evidence is not null) await Evidence.DisposeAsync().ConfigureAwait(false);
    }
}
