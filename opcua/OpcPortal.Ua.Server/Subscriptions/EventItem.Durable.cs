namespace OpcPortal.Ua.Server;

/// <summary>An event item of a durable subscription: what happens to its queue is written down, and it goes on where a process before this one stopped. Part 4 6.8.</summary>
internal sealed partial class EventItem
{
    // Under the gate.
    private bool Push(UaEvent occurrence, Variant[] fields)
    {
        if (!IsKept) return _queue.Push(occurrence, fields, Capacity, DiscardOldest, Subscription.QueueRoom);
        var journal = Subscription.Journal!;
        // Without room in the store the queue is as full as it is.
        var capacity = journal.HasRoom ? Capacity : Math.Min(Capacity, Math.Max(1, _queue.Count));
        var lost = _queue.Push(occurrence, fields, capacity, DiscardOldest, Subscription.QueueRoom);
        journal.Event(Id, !lost ? QueueChange.Added : DiscardOldest ? QueueChange.PushedOutOldest : QueueChange.ReplacedNewest, occurrence, fields);
        return lost;
    }

    // Under the gate.
    private void WriteQueueAnew()
    {
        Subscription.Journal!.QueueCleared(Id, _queue.Count);
        WriteQueue(Subscription.Journal.Writer);
    }

    internal override bool WriteQueue(SubscriptionRecordWriter writer)
    {
        foreach (var (occurrence, fields) in _queue.Events)
            if (!writer.Event(Id, QueueChange.Added, occurrence, fields)) return false;
        return _queue.Overflow is not { } overflow || writer.EventOverflow(Id, _queue.IsOverflowFirst, overflow);
    }

    internal override void Resume(ItemImage image, bool isDamaged)
    {
        var isLossy = isDamaged;
        lock (Subscription.Gate)
        {
            foreach (var waiting in image.Events) isLossy |= _queue.Push(waiting.ToEvent(), waiting.Fields, int.MaxValue, DiscardOldest, Subscription.QueueRoom);
            if (image.Overflow is { } overflow) _queue.AddOverflow(overflow, image.IsOverflowFirst);
        }

        RestoreMode(image.Mode);
        if (Mode == MonitoringMode.Disabled) return;
        if (Begin().IsBad)
        {
            // Who may not listen any more may not have what was heard either.
            End();
            return;
        }

        Complete();
        Recheck();
        lock (Subscription.Gate)
        {
            if (isLossy) TellOverflow();
            if (HasQueued) Subscription.OnQueued(this);
        }
    }
}
