using OpcPortal.Ua.NodeSets;

namespace OpcPortal.Ua.Server;

/// <summary>A node held in memory: its attributes as loaded, its references, and, where it is live, what reads, writes or runs it.</summary>
internal sealed class StaticNode(NodeRecord record, NodeSecurity security)
{
    private NodeReferenceTarget[] _references = [];
    private NodeRecord _record = record;
    private ValueCell _value = new(new DataValue(record.Value));
    private IValueObserver[] _observers = [];
    private readonly Lock _gate = new();

    /// <summary>The attributes; replaced as a whole where one is written.</summary>
    public NodeRecord Record
    {
        get => Volatile.Read(ref _record);
        set => Volatile.Write(ref _record, value);
    }

    public NodeSecurity Security { get; } = security;

    /// <summary>The target of HasTypeDefinition; null for a type, a method and a view.</summary>
    public NodeId TypeDefinition { get; set; }

    /// <summary>Computes the value at each read; null where the stored one holds.</summary>
    public Func<DataValue>? Reader { get; set; }

    public Func<NodeGrant, DataValue, CancellationToken, ValueTask<StatusCode>>? Writer { get; set; }
    public Func<MethodCall, CancellationToken, ValueTask<MethodResult>>? Handler { get; set; }

    /// <summary>Gives the history of a Variable's values; null where none is kept.</summary>
    public Func<NodeGrant, INodeHistory?>? History { get; set; }

    /// <summary>Gives references beyond those held here, one at a time; null where there are none.</summary>
    public ReferenceSource? FurtherReferences { get; set; }

    public NodeReferenceTarget[] References => Volatile.Read(ref _references);

    public DataValue Value
    {
        get => Reader is { } reader ? reader() : Volatile.Read(ref _value).Value;
        set
        {
            Volatile.Write(ref _value, new ValueCell(value));
            foreach (var observer in Volatile.Read(ref _observers)) observer.OnValueChanged(value);
        }
    }

    public void AddReferences(ReadOnlySpan<NodeReferenceTarget> added)
    {
        lock (_gate)
        {
            Volatile.Write(ref _references, [.. _references, .. added]);
        }
    }

    public void RemoveReferences(Predicate<NodeReferenceTarget> isRemoved)
    {
        lock (_gate) Volatile.Write(ref _references, Array.FindAll(_references, r => !isRemoved(r)));
    }

    public IDisposable Observe(IValueObserver observer)
    {
        lock (_gate) Volatile.Write(ref _observers, [.. _observers, observer]);
        return new Observation(this, observer);
    }

    private void Forget(IValueObserver observer)
    {
        lock (_gate) Volatile.Write(ref _observers, Array.FindAll(_observers, o => !ReferenceEquals(o, observer)));
    }

    // A DataValue is larger than what is written atomically.
    private sealed class ValueCell(DataValue value)
    {
        public readonly DataValue Value = value;
    }

    private sealed class Observation(StaticNode node, IValueObserver observer) : IDisposable
    {
        public void Dispose() => node.Forget(observer);
    }
}

/// <summary>Steps to the next of some references that are computed, not held.</summary>
/// <param name="position">Where the walk stands: 0 at first, then what the last call left.</param>
/// <returns>False after the last.</returns>
public delegate bool ReferenceSource(in ReferenceFilter filter, ref long position, out NodeReferenceTarget reference);
