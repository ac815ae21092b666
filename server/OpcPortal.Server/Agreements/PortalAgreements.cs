using Microsoft.Extensions.Logging;
using OpcPortal.Ua;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>The agreements of a server: what takes their acts, ends them, shows them and tells of them. Where its parts are put together.</summary>
public sealed class PortalAgreements : IAsyncDisposable
{
    private readonly AgreementClock _clock;
    private readonly AgreementEvents _events;
    private readonly AgreementSums _sums;
    private readonly SummablePoints _points;
    private readonly ServerModel _model;

    internal PortalAgreements(PortalDirectory directory, PortalGovernance governance, FleetSpace space, UaServer ua, AgreementOptions options, IRecordedAccesses? recorded, TimeProvider time, ILoggerFactory loggers)
    {
        Service = new AgreementService(directory, new FleetOwnershipView(space, governance.Numbers), options, time);
        var model = new AgreementModel(ua.Model);
        var index = ua.Model.Namespaces.GetOrAdd(AgreementModel.AgreementsUri);
        _model = ua.Model;
        _points = new SummablePoints(ua.Model, directory);
        _sums = new AgreementSums(directory, new SumWalk(directory, governance, space, _points), time, loggers.CreateLogger<AgreementSums>());
        Nodes = new AgreementNodes(directory, Service.Index, model, new SumNodes(directory, governance, _points, _sums, model, index), index, ua.KeepsEvents);
        ua.Model.AddressSpace.Attach(index, Nodes);
        ua.Model.Policy.SetDefaults(index, AgreementNodes.Nobody, AgreementNodes.Restrictions);
        // Part 5 6.3.13: ids of agreements mean something in this server alone.
        ua.Server.Namespaces.Add(index, new NamespaceDescription());
        ua.Model.Nodes.BindReferences(model.Registry, Nodes.TryNextAgreement);
        new AgreementMethods(Service, Nodes, model, new PolicyQuestions(directory, governance, ua, recorded, time)).BindTo(ua.Model.Nodes);
        _clock = new AgreementClock(directory, Service, options, time, loggers.CreateLogger<AgreementClock>());
        _events = new AgreementEvents(directory, _clock, Nodes, model, ua, time);
    }

    /// <summary>Takes signed acts.</summary>
    public AgreementService Service { get; }

    /// <summary>The agreements as nodes.</summary>
    public AgreementNodes Nodes { get; }

    /// <summary>Takes over the types of a model that was added: sums of their points can be given.</summary>
    internal void TakeTypes() => _points.Take(_model);

    internal void Start()
    {
        _clock.Start();
        _sums.Start();
    }

    public async ValueTask DisposeAsync()
    {
        await _sums.DisposeAsync().ConfigureAwait(false);
        await _clock.DisposeAsync().ConfigureAwait(false);
        _events.Dispose();
        Service.Dispose();
    }
}
