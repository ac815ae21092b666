using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.Client;

namespace OpcPortal.Cli.Commands;

/// <summary>The object <c>Agreements</c> of a portal server, as this session sees it.</summary>
internal sealed class AgreementRegistry
{
    private const string PortalUri = "http://opcportal.org/UA/Portal/";
    private const string AgreementsUri = "http://opcportal.org/UA/Agreements/";

    private readonly UaSession _session;
    private readonly NodeId _registry;
    private readonly ushort _portal;
    private readonly ushort _agreements;

    private AgreementRegistry(UaSession session, NodeId registry, ushort portal, ushort agreements)
    {
        _session = session;
        _registry = registry;
        _portal = portal;
        _agreements = agreements;
    }

    /// <exception cref="CliException">The server has none.</exception>
    public static async Task<AgreementRegistry> FindAsync(UaSession session, CancellationToken cancellation)
    {
        if (!session.TryGetNamespaceIndex(PortalUri, out var portal) || !session.TryGetNamespaceIndex(AgreementsUri, out var agreements)) throw new CliException(ExitCodes.Refused, "This server keeps no agreements.", "A portal server does: --url opc.tcp://host:4840");
        var registry = await session.TranslateBrowsePathAsync(ObjectIds.ObjectsFolder, [new QualifiedName("Agreements", portal)], cancellation);
        return new AgreementRegistry(session, registry[0], portal, agreements);
    }

    public async Task<IReadOnlyList<Agreement>> ListAsync(CancellationToken cancellation)
    {
        var nodes = new List<NodeId>();
        await foreach (var child in _session.BrowseAsync(_registry, ReferenceTypeIds.HierarchicalReferences, nodeClasses: (uint)NodeClass.Object, cancellation: cancellation))
            if (child.NodeId.IsLocal && child.NodeId.NodeId.NamespaceIndex == _agreements) nodes.Add(child.NodeId.NodeId);
        var values = await _session.ReadValuesAsync([.. nodes.Select(Document)], cancellation);
        return [.. values.Where(value => value.StatusCode.IsGood).Select(Parse)];
    }

    /// <exception cref="CliException">There is none for this session.</exception>
    public async Task<Agreement> ReadAsync(string id, CancellationToken cancellation)
    {
        var value = await _session.ReadValueAsync(Document(IdOf(id)), cancellation);
        return value.StatusCode.IsGood ? Parse(value) : throw new CliException(ExitCodes.Refused, $"There is no agreement {id} of this party: {value.StatusCode}.", "See which there are: opcportal agreement list");
    }

    /// <summary>Hands a signed act in.</summary>
    public Task ActAsync(string id, SignedAct act, CancellationToken cancellation)
    {
        var signed = new Variant(AgreementDocument.Write(act));
        Variant[] arguments = act.Terms is { } terms ? [new AgreementDocument { Id = id, Terms = terms }.Write(), signed] : [signed];
        return CallAsync(act.Act == AgreementAct.Propose ? _registry : IdOf(id), act.Act.ToString(), cancellation, arguments);
    }

    /// <param name="entity">Null: this session's own.</param>
    /// <param name="asOf">UTC; <see cref="DateTime.MinValue"/>: now.</param>
    public async Task<Explanation> ExplainAsync(string? entity, NodeId node, Operations operation, DateTime asOf, CancellationToken cancellation)
    {
        var told = await CallAsync(_registry, "Explain", cancellation, entity ?? "", node, (byte)operation, asOf);
        return new Explanation(told[0].AsBoolean(), told[1].AsString() ?? "", told[2].AsDateTime());
    }

    public async Task<IReadOnlyList<StatusCode>> CheckAsync(NodeId[] nodes, Operations operation, CancellationToken cancellation) =>
        (await CallAsync(_registry, "CheckPermissions", cancellation, new Variant(nodes), (byte)operation))[0].AsArray<StatusCode>() ?? [];

    public async Task<DryRun> DryRunAsync(AgreementDocument document, CancellationToken cancellation)
    {
        var told = await CallAsync(_registry, "DryRun", cancellation, document.Write());
        return new DryRun(told[0].AsInt64(), [.. (told[1].AsArray<ExtensionObject?>() ?? []).Select(difference => difference?.Structure).OfType<StructureValue>()], told[2].AsString() ?? "");
    }

    private NodeId IdOf(string id) => new(id, _agreements);

    private NodeId Document(NodeId agreement) => new($"{agreement.Text}/Document", _agreements);

    private static Agreement Parse(DataValue value)
    {
        try
        {
            return AgreementDocument.ReadAgreement(value.Value.AsString() ?? "");
        }
        catch (AgreementFormatException wrong)
        {
            throw new CliException(ExitCodes.Refused, $"The server has an agreement that cannot be read: {wrong.Message}");
        }
    }

    private async Task<Variant[]> CallAsync(NodeId target, string name, CancellationToken cancellation, params Variant[] arguments)
    {
        var method = await _session.TranslateBrowsePathAsync(target, [new QualifiedName(name, _portal)], cancellation);
        try
        {
            return (await _session.CallAsync(target, method[0], arguments, cancellation)).OutputArguments ?? [];
        }
        catch (UaException refused) when (refused is not UaConnectionException)
        {
            // It is the act that is refused, not the connection: what a status would mean there says nothing here.
            throw new CliException(ExitCodes.Refused, refused.Message);
        }
    }
}

/// <param name="Until">When this answer may change, UTC.</param>
internal sealed record Explanation(bool IsAllowed, string Text, DateTime Until);

/// <param name="Replayed">Accesses that were replayed.</param>
/// <param name="Differences">Of each entity for which anything would differ.</param>
/// <param name="Examples">The first of them, one a line.</param>
internal sealed record DryRun(long Replayed, IReadOnlyList<StructureValue> Differences, string Examples);
