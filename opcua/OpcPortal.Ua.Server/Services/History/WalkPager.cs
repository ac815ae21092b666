namespace OpcPortal.Ua.Server;

/// <summary>What became of an item that a walk came by.</summary>
internal enum Intake
{
    Taken,

    /// <summary>It is nothing for this result.</summary>
    Passed,

    /// <summary>The result is full: it is the first of the next.</summary>
    Full,
}

/// <summary>A walk through history that is interrupted where a response is full and goes on, later, at the very next item. Not thread-safe.</summary>
/// <param name="timeOf">The time by which the walk goes.</param>
internal sealed class WalkPager<T>(HistoryWalk walk, Func<T, DateTime> timeOf)
{
    private HistoryWalk _rest = walk;
    private DateTime _time = walk.From;
    private int _ofThatTime = walk.Skip;

    public bool IsDone { get; private set; }

    /// <summary>Another one at the same place.</summary>
    public WalkPager<T> Fork() => (WalkPager<T>)MemberwiseClone();

    /// <summary>Walks on until the result is full, the source is at its end, or it was asked often enough.</summary>
    /// <param name="wanted">Items that the result still takes. One more is looked for: whether there is one is what a continuation point says.</param>
    public async ValueTask FillAsync(
        Func<HistoryWalk, CancellationToken, ValueTask<HistoryPage<T>>> read, Func<T, Intake> take, int wanted, HistoryRoom room, CancellationToken cancellation)
    {
        while (!IsDone && room.TryAskSource())
        {
            cancellation.ThrowIfCancellationRequested();
            var page = await read(_rest with { Limit = wanted + 1 }, cancellation).ConfigureAwait(false);
            foreach (var item in page.Items)
            {
                var intake = take(item);
                if (intake == Intake.Full)
                {
                    Stay(timeOf(item));
                    return;
                }

                if (intake == Intake.Taken && wanted > 0) wanted--;
                Pass(timeOf(item));
            }

            if (page.Next is { } next) Resume(next);
            else IsDone = true;
        }
    }

    // Several may have one time: the place counts those that were passed.
    private void Pass(DateTime time)
    {
        _ofThatTime = time == _time ? _ofThatTime + 1 : 1;
        _time = time;
    }

    private void Stay(DateTime time) => _rest = _rest.Resume(new HistoryPlace(time, time == _time ? _ofThatTime : 0));

    private void Resume(HistoryPlace place)
    {
        _rest = _rest.Resume(place);
        _time = place.Time;
        _ofThatTime = place.Skip;
    }
}
