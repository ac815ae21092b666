using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>
/// Tells the disclosure log what was granted: each write and call, and about once an hour what the same subject reads of the same class of a device; and about once an hour what it was refused. What was told lately
/// stands in a direct-mapped table, and what another has displaced from there is told again. Thread-safe; allocates only when it tells.
/// </summary>
internal sealed class Disclosures : IDisposable
{
    // Half a megabyte. An aggregator's round over 10,000 premises fits.
    private const int Size = 65_536;

    // A clock read for each value would cost as much as the decision.
    private static readonly TimeSpan ClockEvery = TimeSpan.FromMinutes(1);

    private readonly FleetSpace _space;
    private readonly AccessNumbers _numbers;
    private readonly IDisclosureSink _sink;
    private readonly TimeProvider _time;
    private readonly ITimer _clock;
    private readonly Told?[] _told = new Told?[Size];
    private long _hour;

    public Disclosures(FleetSpace space, AccessNumbers numbers, IDisclosureSink sink, TimeProvider time)
    {
        _space = space;
        _numbers = numbers;
        _sink = sink;
        _time = time;
        _clock = time.CreateTimer(_ => Tick(), null, ClockEvery, ClockEvery);
        Tick();
    }

    public void OnGranted(Governance governance, AccessContext who, in NodeGrant grant)
    {
        if (!IsData(grant.Node)) return;
        var operation = OperationOf(grant.Permissions);
        var view = governance.Snapshot.Of(who.Subject);
        // Who commanded is told each time: one command is not another.
        // Of history the stretch is told, once it is read.
        if (operation == Operations.ReadHistory && grant.Node.NodeClass == NodeClass.Variable) return;
        var known = IsToldLately(view, grant.Node, operation, isRefused: false);
        if (operation != Operations.None && !(known && operation is Operations.Read or Operations.ReadHistory)) Tell(governance, view, grant.Node, operation, isRefused: false);
    }

    /// <summary>
    /// Tells which stretch of history was read, in whole days: what lies within the one that was told last is not told again for about an hour, nor what has come since where that reached to the present.
    /// </summary>
    /// <param name="target">As things stood then.</param>
    public void OnHistoryRead(Governance governance, AccessContext who, FleetKey key, in AccessTarget target, DateTime from, DateTime until)
    {
        var now = _time.GetUtcNow().UtcDateTime;
        from = from.Date;
        until = until >= now.Date ? now : until.Date.AddDays(1);
        var view = governance.Snapshot.Of(who.Subject);
        var ofClass = key.At(target.DataClass);
        // Whose it was then is told apart from whose it is now.
        var whose = (target.Owner, target.Customer);
        ref var place = ref _told[Place(view.Hash ^ whose.GetHashCode(), ofClass, Operations.ReadHistory)];
        var hour = Volatile.Read(ref _hour);
        if (Volatile.Read(ref place) is { Operation: Operations.ReadHistory, IsRefused: false } told && told.Key == ofClass && told.Whose == whose && told.Hour == hour && told.Who == view.Subject && told.Covers(from, until)) return;
        Volatile.Write(ref place, new Told(view.Subject, ofClass, Operations.ReadHistory, false, hour) { Whose = whose, From = from, Until = until, IsOpen = until == now });
        Tell(governance, view, key, target, Operations.ReadHistory, false, (from, until));
    }

    /// <summary>Of who belongs to no entity nothing is told: nobody gains or loses by a policy there, and everybody could fill the log.</summary>
    public void OnRefused(Governance governance, AccessContext who, in NodeRef node, PermissionType wanted)
    {
        var operation = OperationOf(wanted);
        var view = governance.Snapshot.Of(who.Subject);
        if (operation == Operations.None || view.Subject.Entity is null || !IsData(node) || IsToldLately(view, node, operation, isRefused: true)) return;
        Tell(governance, view, node, operation, isRefused: true);
    }

    // Nameplates and descriptions are no data of anybody; what roles alone govern belongs to nobody who could ask.
    private bool IsData(in NodeRef node)
    {
        var slot = FleetNodes.SlotOf(node);
        return slot.DataClass != LayoutSlot.Structural && (slot.Source != SlotSource.Type || slot.Record.NodeClass != NodeClass.Variable) && _space.Ownership.IsGoverned(node.NamespaceIndex);
    }

    private bool IsToldLately(SubjectView view, in NodeRef node, Operations operation, bool isRefused)
    {
        var key = new FleetKey(node.Key).At(FleetNodes.SlotOf(node).DataClass);
        ref var place = ref _told[Place(view.Hash, key, operation)];
        var hour = Volatile.Read(ref _hour);
        if (Volatile.Read(ref place) is { } told && told.Key == key && told.Operation == operation && told.IsRefused == isRefused && told.Hour == hour && (ReferenceEquals(told.Who, view.Subject) || told.Who == view.Subject)) return true;
        Volatile.Write(ref place, new Told(view.Subject, key, operation, isRefused, hour));
        return false;
    }

    private void Tell(Governance governance, SubjectView view, in NodeRef node, Operations operation, bool isRefused)
    {
        var key = new FleetKey(node.Key);
        Tell(governance, view, key, governance.Decisions.TargetOf(key, FleetNodes.LayoutOf(node)), operation, isRefused, null);
    }

    private void Tell(Governance governance, SubjectView view, FleetKey key, in AccessTarget target, Operations operation, bool isRefused, (DateTime From, DateTime Until)? stretch) => _sink.Disclosed(new Disclosure(governance.Snapshot.Rules, target)
    {
        At = _time.GetUtcNow().UtcDateTime,
        Who = view.Subject,
        Owner = NameOf(target.Owner),
        Customer = NameOf(target.Customer),
        Portal = _space.Registry.TextAt(_space.Registry.PortalAt(target.Portal).Id),
        Device = key.IsPortal ? null : _space.Registry.TextAt(_space.Registry.DeviceAt(key.Row).Id),
        DataClass = _numbers.NameOf(target.DataClass),
        Operation = operation,
        IsRefused = isRefused,
        From = stretch?.From,
        Until = stretch?.Until,
    });

    private string? NameOf(int party) => party < 0 ? null : _space.Ownership.Parties[party].Id;

    private const PermissionType Editing = PermissionType.InsertHistory | PermissionType.ModifyHistory | PermissionType.DeleteHistory;

    // The service asks for one thing at a time, at times together with Browse.
    private static Operations OperationOf(PermissionType granted) => granted switch
    {
        _ when (granted & PermissionType.Call) != 0 => Operations.Call,
        _ when (granted & PermissionType.Write) != 0 => Operations.Write,
        _ when (granted & Editing) != 0 => Operations.EditHistory,
        _ when (granted & PermissionType.ReadHistory) != 0 => Operations.ReadHistory,
        _ when (granted & PermissionType.Read) != 0 => Operations.Read,
        _ => Operations.None,
    };

    private static int Place(int subject, long key, Operations operation)
    {
        var mixed = (ulong)(key ^ ((long)subject << 20) ^ (long)operation) * 0x9E37_79B9_7F4A_7C15;
        return (int)(mixed >> 48);
    }

    private void Tick() => Volatile.Write(ref _hour, _time.GetUtcNow().UtcTicks / TimeSpan.TicksPerHour);

    public void Dispose() => _clock.Dispose();

    private sealed record Told(AccessSubject Who, long Key, Operations Operation, bool IsRefused, long Hour)
    {
        public (int Owner, int Customer) Whose { get; init; }
        public DateTime From { get; init; }
        public DateTime Until { get; init; }

        /// <summary>It reached to the present.</summary>
        public bool IsOpen { get; init; }

        public bool Covers(DateTime from, DateTime until) => from >= From && (IsOpen || until <= Until);
    }
}
