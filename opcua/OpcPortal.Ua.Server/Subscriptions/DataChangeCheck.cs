using System.Numerics;

namespace OpcPortal.Ua.Server;

/// <summary>Whether a value differs enough from the last one queued to be queued itself. Part 4 7.22.2 (DataChangeFilter), Part 8 7.2 (PercentDeadband).</summary>
internal sealed class DataChangeCheck(DataChangeTrigger trigger, double deadband = 0, EuRange? range = null)
{
    // The overflow bit and the info type belong to the queue, not to the value. Part 4 7.39.1.
    private const uint QueueBits = 0x0480;

    // Semantics and structure changed: told once, by a bit. Part 4 7.39.1.
    private const uint ChangeBits = 0xC000;

    /// <summary>What holds where the client gives no filter: status or value. Part 4 7.22.2.</summary>
    public static DataChangeCheck Default { get; } = new(DataChangeTrigger.StatusValue);

    /// <summary>The range that a percent deadband refers to; watched while the item lives.</summary>
    public EuRange? Range => range;

    /// <summary>What is calculated of the values in place of queuing them; null: nothing is. Part 4 7.22.4.</summary>
    public LiveAggregate? Aggregate { get; init; }

    public bool IsChange(in DataValue last, in DataValue current)
    {
        var status = current.StatusCode.Code;
        if ((status & ChangeBits) != 0 || ((status ^ last.StatusCode.Code) & ~(QueueBits | ChangeBits)) != 0) return true;
        if (trigger == DataChangeTrigger.Status) return false;
        var limit = range is null ? deadband : deadband / 100 * range.Span;
        if (limit > 0) return Exceeds(last.Value, current.Value, limit);
        if (!last.Value.Equals(current.Value)) return true;
        // With a deadband this trigger is as StatusValue.
        return trigger == DataChangeTrigger.StatusValueTimestamp && deadband == 0
            && (last.SourceTimestamp != current.SourceTimestamp || last.SourcePicoseconds != current.SourcePicoseconds);
    }

    /// <summary>Whether a number moved by more than the deadband; of an array or matrix one element suffices. What is no number just differs.</summary>
    private static bool Exceeds(in Variant last, in Variant current, double limit)
    {
        if (last.Type != current.Type) return true;
        if (last.TryGetNumber(out var before) && current.TryGetNumber(out var after)) return Exceeds(before, after, limit);
        if (last.Elements is not { } old || current.Elements is not { } fresh || old.Length != fresh.Length || !last.Dimensions.SequenceEqual(current.Dimensions))
            return !last.Equals(current);
        return current.Type switch
        {
            BuiltInType.SByte => Exceed<sbyte>(old, fresh, limit),
            BuiltInType.Byte => Exceed<byte>(old, fresh, limit),
            BuiltInType.Int16 => Exceed<short>(old, fresh, limit),
            BuiltInType.UInt16 => Exceed<ushort>(old, fresh, limit),
            BuiltInType.Int32 => Exceed<int>(old, fresh, limit),
            BuiltInType.UInt32 => Exceed<uint>(old, fresh, limit),
            BuiltInType.Int64 => Exceed<long>(old, fresh, limit),
            BuiltInType.UInt64 => Exceed<ulong>(old, fresh, limit),
            BuiltInType.Float => Exceed<float>(old, fresh, limit),
            BuiltInType.Double => Exceed<double>(old, fresh, limit),
            BuiltInType.Variant => ExceedVariants((Variant[])old, (Variant[])fresh, limit),
            _ => !last.Equals(current),
        };
    }

    // NaN is equal to NaN and far from every number. Part 4 7.10.
    private static bool Exceeds(double before, double after, double limit) =>
        double.IsNaN(before) || double.IsNaN(after) ? double.IsNaN(before) != double.IsNaN(after) : before != after && !(Math.Abs(before - after) <= limit);

    private static bool Exceed<T>(Array old, Array fresh, double limit) where T : INumberBase<T>
    {
        var before = (T[])old;
        var after = (T[])fresh;
        for (var i = 0; i < before.Length; i++)
            if (Exceeds(double.CreateTruncating(before[i]), double.CreateTruncating(after[i]), limit)) return true;
        return false;
    }

    private static bool ExceedVariants(Variant[] before, Variant[] after, double limit)
    {
        for (var i = 0; i < before.Length; i++)
            if (Exceeds(before[i], after[i], limit)) return true;
        return false;
    }
}

/// <summary>The EURange of an analog item as it stands, for the percent deadbands that refer to it. Part 8 5.3.2.2.</summary>
internal sealed class EuRange : IValueObserver, IDisposable
{
    private IDisposable? _observation;
    private double _span;

    private EuRange(double span) => _span = span;

    /// <summary>High less low, in the unit of the value.</summary>
    public double Span => Volatile.Read(ref _span);

    /// <returns>Null where the node has no EURange, or one that spans nothing.</returns>
    public static EuRange? Find(in NodeRef node, AddressSpace addressSpace, AccessController access)
    {
        var filter = new ReferenceFilter(BrowseDirection.Forward, HasProperty);
        var cursor = default(ReferenceCursor);
        while (node.Source.TryNextReference(node, filter, ref cursor, out var reference))
        {
            if (!reference.Target.IsLocal || !addressSpace.TryResolve(reference.Target.NodeId, out var property)) continue;
            if (property.Source.BrowseNameOf(property) is not { NamespaceIndex: 0, Name: "EURange" }) continue;
            // The range declares what a deadband means; nothing of it reaches the user.
            var grant = access.ForServer(property);
            if (!TryGetSpan(property.Source.ReadValue(grant), out var span)) return null;
            var range = new EuRange(span);
            range._observation = property.Source.Observe(grant, range);
            return range;
        }

        return null;
    }

    public void OnValueChanged(in DataValue value)
    {
        if (TryGetSpan(value, out var span)) Volatile.Write(ref _span, span);
    }

    public void Dispose() => _observation?.Dispose();

    private static readonly IReadOnlySet<NodeId> HasProperty = new HashSet<NodeId> { ReferenceTypeIds.HasProperty };

    private static bool TryGetSpan(in DataValue value, out double span)
    {
        span = value.Value.AsStructure<Range>() is { } range ? range.High - range.Low : 0;
        return span > 0 && double.IsFinite(span);
    }
}
