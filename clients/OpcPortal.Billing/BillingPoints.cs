using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.Client;

namespace OpcPortal.Billing;

/// <summary>Finds what is billed at a portal server: points with a ReadingType of energy or volume, below the nodes that are named.</summary>
public sealed class BillingPoints(UaSession session)
{
    /// <summary>Points of one export. More are exported in parts, so that one that fails costs less.</summary>
    public const int MaxPoints = 100_000;

    private const string PortalUri = "http://opcportal.org/UA/Portal/";

    // IEC 61968-9 Annex C, AccumulationKind: what an interval and a register hold.
    private const int BulkQuantity = 1, DeltaData = 4;

    // MeasurementKind: energy, volume.
    private const int Energy = 12, Volume = 58;

    private readonly HashSet<NodeId> _seen = [];
    private readonly List<BilledPoint> _found = [];

    /// <summary>The points below nodes: portals, devices, points or folders of them; those of a meter one after the other.</summary>
    /// <param name="withRegisters">Registers beside intervals.</param>
    /// <exception cref="UaException">A node cannot be browsed.</exception>
    /// <exception cref="BillingExportException">There are too many.</exception>
    public async Task<IReadOnlyList<BilledPoint>> FindAsync(IEnumerable<NodeId> nodes, bool withRegisters, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(nodes);
        foreach (var node in nodes)
        {
            if (await TryTakeAsync(node, withRegisters, cancellation).ConfigureAwait(false)) continue;
            await WalkAsync(node, withRegisters, cancellation).ConfigureAwait(false);
        }

        return [.. _found.OrderBy(point => point.Channel.Meter, StringComparer.Ordinal).ThenBy(point => point.Channel.Source, StringComparer.Ordinal)];
    }

    private async Task WalkAsync(NodeId root, bool withRegisters, CancellationToken cancellation)
    {
        // A stack of its own: an address space may be deeper than that of calls.
        var waiting = new Stack<NodeId>([root]);
        while (waiting.TryPop(out var node))
        {
            if (!_seen.Add(node)) continue;
            await foreach (var child in session.BrowseAsync(node, ReferenceTypeIds.HierarchicalReferences, nodeClasses: (uint)(NodeClass.Object | NodeClass.Variable), cancellation: cancellation).ConfigureAwait(false))
            {
                if (!child.NodeId.IsLocal) continue;
                if (child.NodeClass == NodeClass.Object) waiting.Push(child.NodeId.NodeId);
                else if (child.ReferenceTypeId != ReferenceTypeIds.HasProperty) await TryTakeAsync(child.NodeId.NodeId, withRegisters, cancellation).ConfigureAwait(false);
            }
        }
    }

    private async Task<bool> TryTakeAsync(NodeId node, bool withRegisters, CancellationToken cancellation)
    {
        var properties = await PropertiesAsync(node, cancellation).ConfigureAwait(false);
        if (!properties.TryGetValue("ReadingType", out var typeNode) || !properties.TryGetValue("Quality", out var quality)) return false;
        if (!_seen.Add(node)) return true;
        var read = await session.ReadValuesAsync([typeNode, Of("ObisCode"), Of("EngineeringUnits"), Of("IntervalLength")], cancellation).ConfigureAwait(false);
        if (read[0].Value.ToObject() is not string text || !ReadingTypeCode.TryParse(text, out var type) || type.MeasurementKind is not (Energy or Volume)) return true;
        var interval = read[3].Value.TryGetNumber(out var milliseconds) && milliseconds > 0 ? TimeSpan.FromMilliseconds(milliseconds) : TimeSpan.Zero;
        var isInterval = type.Accumulation == DeltaData && interval > TimeSpan.Zero;
        if (!isInterval && (!withRegisters || type.Accumulation != BulkQuantity)) return true;
        if (_found.Count == MaxPoints) throw new BillingExportException($"There are more than {MaxPoints} points: export them in parts.");
        var (meter, point) = NameOf(node);
        var channel = new BillingChannel(meter, point, type, read[2].Value.AsStructure<EUInformation>()?.DisplayName.Text ?? "", isInterval ? interval : TimeSpan.Zero)
        {
            Obis = read[1].Value.ToObject() as string,
            Source = SourceOf(node),
        };
        _found.Add(new BilledPoint(channel, node, quality));
        return true;

        NodeId Of(string name) => properties.GetValueOrDefault(name);
    }

    private async Task<Dictionary<string, NodeId>> PropertiesAsync(NodeId node, CancellationToken cancellation)
    {
        var properties = new Dictionary<string, NodeId>(StringComparer.Ordinal);
        await foreach (var property in session.BrowseAsync(node, ReferenceTypeIds.HasProperty, nodeClasses: (uint)NodeClass.Variable, cancellation: cancellation).ConfigureAwait(false))
        {
            if (property.NodeId.IsLocal && (property.BrowseName.NamespaceIndex == 0 || session.NamespaceUris[property.BrowseName.NamespaceIndex] == PortalUri)) properties[property.BrowseName.Name!] = property.NodeId.NodeId;
        }

        return properties;
    }

    // Ids of a fleet's points are portal/device/point; those of what a customer owns have the customer and '@' before.
    private static (string Meter, string Point) NameOf(NodeId node)
    {
        var text = node.Text ?? node.ToString();
        var parts = text.Split('/', 3);
        return parts.Length == 3 ? ($"{parts[0][(parts[0].IndexOf('@', StringComparison.Ordinal) + 1)..]}/{parts[1]}", parts[2]) : (text, text);
    }

    // By the namespace's URI: its index may be another after a restart.
    private string SourceOf(NodeId node) => $"nsu={session.NamespaceUris[node.NamespaceIndex]};{node.ToString().Split(';', 2)[^1]}";
}
