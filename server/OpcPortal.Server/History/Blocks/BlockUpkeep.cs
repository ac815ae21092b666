namespace OpcPortal.Server;

/// <summary>What was deleted because its time was over.</summary>
/// <param name="From">UTC, included.</param>
/// <param name="To">UTC, excluded.</param>
/// <param name="Retention">How long the readings of its class are kept.</param>
public sealed record RetiredReadings(int DataClass, DateTime From, DateTime To, TimeSpan Retention, long Readings, long Revisions, long Annotations);

/// <summary>Keeps what is stored in order: puts small blocks together, deletes whole months whose time is over and makes room for the next.</summary>
internal sealed class BlockUpkeep(BlockDatabase database, ReadingStoreOptions options, TimeProvider time)
{
    /// <summary>How long after its end a month is over: what comes late mostly has come.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromDays(2);

    /// <summary>What a process that starts looks over: what was before, another has put in order.</summary>
    private static readonly TimeSpan Recent = TimeSpan.FromDays(40);

    /// <summary>Rows of one look.</summary>
    private const int PageSize = 10_000;

    /// <summary>Blocks that a transaction merges: some 50 ms.</summary>
    private const int MaxMerged = 2_000;

    private readonly SemaphoreSlim _running = new(1);
    private readonly HashSet<int> _settled = [];
    private readonly BlockPacker _packer = new();
    private bool _hasBegun;

    public event Action<RetiredReadings>? Retired;

    /// <exception cref="StorageException">The database refuses, or cannot be reached: what was done stays.</exception>
    public async Task RunAsync(CancellationToken cancellation)
    {
        await _running.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            await RunOnceAsync(cancellation).ConfigureAwait(false);
        }
        finally
        {
            _running.Release();
        }
    }

    private async Task RunOnceAsync(CancellationToken cancellation)
    {
        var now = time.GetUtcNow().UtcDateTime;
        foreach (var stretch in database.Stretches.Select(static number => new Stretch(number)).Where(stretch => IsOver(stretch, now))) await RetireAsync(stretch, now, cancellation).ConfigureAwait(false);
        await MakeAheadAsync(now, cancellation).ConfigureAwait(false);
        if (!_hasBegun) _settled.UnionWith(database.Stretches.Where(number => new Stretch(number) is { IsDated: true } stretch && stretch.End < now - Recent));
        _hasBegun = true;
        _settled.ExceptWith(database.TakeTouched());
        foreach (var number in database.Stretches.Where(number => !_settled.Contains(number)))
        {
            var stretch = new Stretch(number);
            var isOver = !stretch.IsDated || stretch.End < now - Grace;
            await MergeAsync(stretch, isOver, cancellation).ConfigureAwait(false);
            if (isOver) _settled.Add(number);
        }
    }

    // Never what is younger: its last instant is older than what is kept.
    private bool IsOver(Stretch stretch, DateTime now) => stretch.IsDated && now - stretch.End >= options.RetentionOf(stretch.DataClass);

    private async Task RetireAsync(Stretch stretch, DateTime now, CancellationToken cancellation)
    {
        var (readings, revisions, annotations) = await database.RetireAsync(stretch, now, cancellation).ConfigureAwait(false);
        _settled.Remove(stretch.Number);
        Retired?.Invoke(new RetiredReadings(stretch.DataClass, stretch.Start, stretch.End, options.RetentionOf(stretch.DataClass), readings, revisions, annotations));
    }

    private async Task MakeAheadAsync(DateTime now, CancellationToken cancellation)
    {
        var next = Stretch.MonthOf(now.AddMonths(1));
        var classes = database.Stretches.Select(static number => new Stretch(number)).Where(stretch => stretch.Month == Stretch.MonthOf(now)).Select(static stretch => (byte)stretch.DataClass);
        Stretch[] ahead = [.. classes.Select(dataClass => Stretch.Of(dataClass, Stretch.StartOf(next))).Where(stretch => !database.Stretches.Contains(stretch.Number))];
        if (ahead.Length > 0) await database.MakeAheadAsync(ahead, cancellation).ConfigureAwait(false);
    }

    private async Task MergeAsync(Stretch stretch, bool isOver, CancellationToken cancellation)
    {
        long after = 0;
        while (true)
        {
            var page = await database.ListAsync(stretch, after, PageSize, cancellation).ConfigureAwait(false);
            if (page.Count == 0) return;
            var groups = new List<List<BlockRow>>();
            foreach (var series in page.GroupBy(static block => block.Series)) groups.AddRange(BlockMerge.Plan([.. series], isOver));
            after = page[^1].Series;
            await MergeAsync(groups, cancellation).ConfigureAwait(false);
        }
    }

    private async Task MergeAsync(List<List<BlockRow>> groups, CancellationToken cancellation)
    {
        for (var at = 0; at < groups.Count;)
        {
            var some = new List<List<BlockRow>>();
            for (var blocks = 0; at < groups.Count && blocks < MaxMerged; at++)
            {
                some.Add(groups[at]);
                blocks += groups[at].Count;
            }

            await database.ReplaceAsync(some, Merge, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>What takes the place of blocks of one series.</summary>
    private List<BlockRow> Merge(List<BlockRow> blocks)
    {
        var readings = new List<RawReading>();
        foreach (var block in blocks.OrderBy(static block => block.Generation).ThenBy(static block => block.First)) BlockCodec.Decode(block.Data, block.Readings, readings);
        var merged = new List<BlockRow>();
        _packer.Pack(new PointSeries(blocks[0].Series, (byte)blocks[0].Stretch.DataClass), readings, blocks.Max(static block => block.Generation), merged);
        return merged;
    }
}
