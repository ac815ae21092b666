namespace OpcPortal.Ua.Server;

/// <summary>A data item of a durable subscription: what happens to its queue is written down, and it goes on where a process before this one stopped. Part 4 6.8.</summary>
internal sealed partial class DataItem
{
    // Values were lost other than by a full queue: the next one says so, by the bit that says it of a queue.
    private bool _tellsLoss;

    internal override string? TermsInWords => _terms?.ToString();

    // Under the gate.
    private void PushKept(in DataValue value)
    {
        var journal = Subscription.Journal!;
        var queued = value;
        if (_tellsLoss && Capacity > 1) queued = value with { StatusCode = value.StatusCode.WithOverflow() };
        _tellsLoss = false;
        var count = _queue.Count;
        // Without room in the store the queue is as full as it is; two show that something was lost, one alone never does.
        var capacity = journal.HasRoom ? Capacity : Math.Min(Capacity, Math.Max(2, count));
        var lost = _queue.Push(queued, capacity, DiscardOldest, Subscription.QueueRoom);
        if (lost) Subscription.Counters.MonitoringQueueOverflowCount++;
        var isOldestGone = lost && DiscardOldest && count > 1;
        journal.Value(Id, _queue.Count > count ? QueueChange.Added : isOldestGone ? QueueChange.PushedOutOldest : QueueChange.ReplacedNewest, _queue.Newest);
    }

    // Under the gate.
    private void ClearQueue()
    {
        if (IsKept && HasQueued)
        {
            Subscription.Journal!.QueueCleared(Id, _queue.Count);
            // An item that is disabled is asked to forget: Part 4 5.13.1.3. Any other loses what it had.
            _tellsLoss = Mode != MonitoringMode.Disabled;
        }

        _queue.Clear(Subscription.QueueRoom);
    }

    // Under the gate.
    private void ShrinkQueue()
    {
        var count = _queue.Count;
        if (_queue.Shrink(Capacity, DiscardOldest, Subscription.QueueRoom)) Subscription.Counters.MonitoringQueueOverflowCount++;
        if (!IsKept || _queue.Count == count) return;
        Subscription.Journal!.QueueCleared(Id, count);
        WriteQueue(Subscription.Journal.Writer);
    }

    private void WriteTerms()
    {
        lock (Subscription.Gate) Subscription.WriteTerms(this);
    }

    internal override bool WriteQueue(SubscriptionRecordWriter writer)
    {
        if (!HasQueued) return _queue.Newest.Equals(default) || writer.Compared(Id, _queue.Newest);
        for (var i = 0; i < _queue.Count; i++)
            if (!writer.Value(Id, QueueChange.Added, _queue[i])) return false;
        return true;
    }

    internal override void Resume(ItemImage image, bool isDamaged)
    {
        // It was there once: what is taken away since then is refused, not unknown.
        _isKnown = true;
        lock (Subscription.Gate)
        {
            foreach (var value in image.Values()) _queue.Push(value, int.MaxValue, discardOldest: true, Subscription.QueueRoom);
            if (!HasQueued && image.Compared is { } compared) _queue.Compare(compared);
        }

        // As it was revised when it was known whether the source tells of changes.
        SamplingInterval = TimeSpan.FromMilliseconds(Math.Clamp(image.Definition.Parameters.SamplingInterval, 0, Services.Limits.MaxSamplingInterval.TotalMilliseconds));
        RestoreMode(image.Mode);
        if (Mode == MonitoringMode.Disabled) return;
        var first = Watch();
        lock (Subscription.Gate)
        {
            // What was granted under other terms, or is not granted any more, is not sent.
            var isWithdrawn = (IsValue && _access.IsBad) || TermsInWords != image.Definition.Terms;
            var isCleared = isWithdrawn && HasQueued;
            if (isWithdrawn) ClearQueue();
            if (isWithdrawn) Subscription.WriteTerms(this);
            _tellsLoss |= isDamaged;
            if (_check.Aggregate is not null || isCleared || isDamaged || image.Compared is null || _check.IsChange(_queue.Newest, first)) PushFirst(first);
        }

        Complete();
    }
}
