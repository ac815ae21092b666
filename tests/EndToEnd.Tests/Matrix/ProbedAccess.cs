using System.Text;
using System.Threading.Channels;
using OpcPortal.Ua;
using OpcPortal.Ua.Client;
using OpcPortal.Ua.Server;

namespace OpcPortal.EndToEnd.Tests;

/// <summary>What one session is let do with each probe, found by trying over the wire, so that nothing in the field is moved: what is written has the wrong type, what is called too many arguments.</summary>
internal sealed class ProbedAccess
{
    // Beside the events of probes: everybody may receive it, and behind it none of the others comes.
    private const string Marker = "all events of the probes were reported";

    private readonly UaSession _session;
    private readonly IReadOnlyList<Probe> _probes;
    private readonly NodeId[] _nodes;
    private readonly StringBuilder[] _found;

    private ProbedAccess(UaSession session, IReadOnlyList<Probe> probes)
    {
        _session = session;
        _probes = probes;
        _nodes = [.. probes.Select(probe => IdOf(probe, probe.Node))];
        _found = [.. probes.Select(_ => new StringBuilder())];
    }

    /// <returns>By probe, letters in the order BRSWECHX.</returns>
    public static async Task<IReadOnlyList<string>> FindAsync(UaSession session, IReadOnlyList<Probe> probes, UaServer server, CancellationToken cancellation)
    {
        var access = new ProbedAccess(session, probes);
        await access.LookAsync(cancellation);
        await access.SubscribeAsync(cancellation);
        await access.WriteAsync(cancellation);
        await access.ReceiveAsync(server, cancellation);
        await access.CallAsync(cancellation);
        await access.ReadHistoryAsync(cancellation);
        await access.ChangeHistoryAsync(cancellation);
        return [.. access._found.Select(letters => letters.ToString())];
    }

    private NodeId IdOf(Probe probe, string id) => new(id, _session.TryGetNamespaceIndex(probe.Owner, out var index) ? index : throw new InvalidOperationException($"There is no namespace {probe.Owner}."));

    private bool MayBrowse(int probe) => _found[probe].Length > 0;

    // Part 4 5.11.2: what may not be browsed is BadNodeIdUnknown, what may not be read BadUserAccessDenied; a value that is not there yet is readable.
    private async Task LookAsync(CancellationToken cancellation)
    {
        var names = await _session.ReadAsync([.. _nodes.Select(id => new ReadValueId { NodeId = id, AttributeId = AttributeIds.BrowseName })], cancellation: cancellation);
        var values = await _session.ReadAsync([.. _nodes.Select(id => new ReadValueId { NodeId = id, AttributeId = AttributeIds.Value })], cancellation: cancellation);
        for (var i = 0; i < _nodes.Length; i++)
        {
            Assert.Equal(names[i].StatusCode.IsGood, values[i].StatusCode != StatusCodes.BadNodeIdUnknown);
            if (names[i].StatusCode.IsBad) Assert.Equal(StatusCodes.BadNodeIdUnknown, names[i].StatusCode.Code);
            else _found[i].Append('B');
            if (MayBrowse(i) && values[i].StatusCode != StatusCodes.BadUserAccessDenied) _found[i].Append('R');
            Assert.Equal(MayBrowse(i), await IsListedAsync(_probes[i], _nodes[i], cancellation));
        }
    }

    // Browse must say the same as Read: no reference leads to what is not there, and what is there is found.
    private async Task<bool> IsListedAsync(Probe probe, NodeId node, CancellationToken cancellation)
    {
        foreach (var uri in _session.NamespaceUris.Where(uri => uri.StartsWith("urn:demo:", StringComparison.Ordinal)))
        {
            foreach (var device in (string[])[probe.Device, probe.Device[(probe.Device.IndexOf('@', StringComparison.Ordinal) + 1)..]])
            {
                if (!_session.TryGetNamespaceIndex(uri, out var index)) continue;
                try
                {
                    await foreach (var reference in _session.BrowseAsync(new NodeId(device, index), ReferenceTypeIds.HierarchicalReferences, cancellation: cancellation))
                        if (reference.NodeId.NodeId == node) return true;
                }
                catch (UaException unknown) when (unknown.Status.CodeBits == StatusCodes.BadNodeIdUnknown)
                {
                    // The device is another owner's, or hidden.
                }
            }
        }

        return false;
    }

    // Part 4 5.13.1: the first notification has the value, or why there is none.
    private async Task SubscribeAsync(CancellationToken cancellation)
    {
        var heard = Channel.CreateUnbounded<DataChange>();
        await using var subscription = await _session.SubscribeAsync(new SubscriptionOptions { PublishingInterval = TimeSpan.FromMilliseconds(50) }, message =>
        {
            if (message is DataMessage data)
                foreach (var change in data.Changes) heard.Writer.TryWrite(change);
            return ValueTask.CompletedTask;
        }, cancellation);
        var items = await subscription.AddAsync(_nodes.Select(id => new MonitoredItemOptions { NodeId = id }), cancellation);
        var waiting = items.Where(item => item.Status.IsGood).ToHashSet();
        Assert.All(items.Index().Where(item => item.Item.Status.IsBad), item => Assert.Equal(MayBrowse(item.Index) ? StatusCodes.BadUserAccessDenied : StatusCodes.BadNodeIdUnknown, item.Item.Status.Code));
        while (waiting.Count > 0)
        {
            var change = await heard.Reader.ReadAsync(cancellation);
            if (waiting.Remove(change.Item) && change.Value.StatusCode != StatusCodes.BadUserAccessDenied) _found[items.Index().First(item => item.Item == change.Item).Index].Append('S');
        }
    }

    // Part 4 5.11.4.4: the type is judged behind the right to write.
    private async Task WriteAsync(CancellationToken cancellation)
    {
        var results = await _session.WriteAsync([.. _nodes.Select(id => new WriteValue { NodeId = id, AttributeId = AttributeIds.Value, Value = new DataValue("no number") })], cancellation);
        for (var i = 0; i < results.Length; i++)
        {
            if (results[i] == StatusCodes.BadTypeMismatch) _found[i].Append('W');
            else if (!MayBrowse(i)) Assert.Equal(StatusCodes.BadNodeIdUnknown, results[i].Code);
            else Assert.Contains(results[i].Code, (uint[])[StatusCodes.BadUserAccessDenied, StatusCodes.BadNotWritable]);
        }
    }

    // Part 11 6.5: what may not be read is refused before it is known whether there is anything.
    private async Task ReadHistoryAsync(CancellationToken cancellation)
    {
        var request = new HistoryReadRequest
        {
            HistoryReadDetails = ExtensionObject.From(new ReadRawModifiedDetails { StartTime = DateTime.UnixEpoch, EndTime = DateTime.UnixEpoch.AddDays(1), NumValuesPerNode = 1 }),
            TimestampsToReturn = TimestampsToReturn.Source,
            NodesToRead = [.. _nodes.Select(id => new HistoryReadValueId { NodeId = id })],
        };
        var results = (await _session.InvokeAsync<HistoryReadResponse>(request, cancellation: cancellation)).Results!;
        for (var i = 0; i < results.Length; i++)
        {
            if (results[i].StatusCode.IsGood) _found[i].Append('H');
            else Assert.Equal(MayBrowse(i) ? StatusCodes.BadUserAccessDenied : StatusCodes.BadNodeIdUnknown, results[i].StatusCode.Code);
        }
    }

    // Part 11 6.9.2: as with Write, the type is judged behind the right to change.
    private async Task ChangeHistoryAsync(CancellationToken cancellation)
    {
        var request = new HistoryUpdateRequest
        {
            HistoryUpdateDetails =
            [
                .. _nodes.Select(id => ExtensionObject.From(new UpdateDataDetails
                {
                    NodeId = id,
                    PerformInsertReplace = PerformUpdateType.Insert,
                    UpdateValues = [new DataValue("no number", StatusCodes.Good, DateTime.UnixEpoch)],
                })!),
            ],
        };
        var results = (await _session.InvokeAsync<HistoryUpdateResponse>(request, cancellation: cancellation)).Results!;
        for (var i = 0; i < results.Length; i++)
        {
            if (results[i].OperationResults is [var judged] && judged == StatusCodes.BadTypeMismatch) _found[i].Append('X');
            else Assert.Equal(MayBrowse(i) ? StatusCodes.BadUserAccessDenied : StatusCodes.BadNodeIdUnknown, results[i].StatusCode.Code);
        }
    }

    private async Task ReceiveAsync(UaServer server, CancellationToken cancellation)
    {
        var heard = Channel.CreateUnbounded<(NodeId Source, string Message)>();
        await using var subscription = await _session.SubscribeAsync(new SubscriptionOptions { PublishingInterval = TimeSpan.FromMilliseconds(50) }, message =>
        {
            if (message is EventMessage events)
                foreach (var one in events.Events) heard.Writer.TryWrite((one.Fields[0].AsNodeId(), one.Fields[1].AsLocalizedText().Text ?? ""));
            return ValueTask.CompletedTask;
        }, cancellation);
        var item = await subscription.AddAsync(
            new MonitoredItemOptions { NodeId = ObjectIds.Server, AttributeId = AttributeIds.EventNotifier, QueueSize = 1000, Filter = EventFields.Filter("SourceNode", "Message") }, cancellation);
        Assert.True(item.Status.IsGood, $"{item.Status}");
        foreach (var node in _nodes) server.Events.Report(Event(node, "something happened"));
        server.Events.Report(Event(ObjectIds.Server, Marker));
        for (var next = await heard.Reader.ReadAsync(cancellation); next.Message != Marker; next = await heard.Reader.ReadAsync(cancellation))
            if (Array.IndexOf(_nodes, next.Source) is var probe and >= 0 && next.Message == "something happened") _found[probe].Append('E');
    }

    private static UaEvent Event(NodeId source, string message) => new()
    {
        EventType = ObjectTypeIds.BaseEventType,
        SourceNode = source,
        SourceName = "probe",
        Time = TimeProvider.System.GetUtcNow().UtcDateTime,
        Message = new LocalizedText(message),
        Severity = 100,
    };

    // Part 4 5.12.2.4: arguments are counted behind the right to call.
    private async Task CallAsync(CancellationToken cancellation)
    {
        for (var i = 0; i < _probes.Count; i++)
        {
            if (_probes[i].Method is not { } method) continue;
            var device = IdOf(_probes[i], _probes[i].Device);
            var request = new CallRequest { MethodsToCall = [new CallMethodRequest { ObjectId = device, MethodId = IdOf(_probes[i], $"{_probes[i].Device}/{method}"), InputArguments = [1, 2, 3] }] };
            var status = (await _session.InvokeAsync<CallResponse>(request, cancellation: cancellation)).Results![0].StatusCode;
            if (status == StatusCodes.BadTooManyArguments) _found[i].Append('C');
            else Assert.Contains(status.Code, (uint[])[StatusCodes.BadUserAccessDenied, StatusCodes.BadNodeIdUnknown, StatusCodes.BadMethodInvalid]);
        }
    }
}
