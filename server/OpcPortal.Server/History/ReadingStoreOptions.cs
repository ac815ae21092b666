namespace OpcPortal.Server;

/// <summary>What is kept of readings, how long and how safely.</summary>
public sealed record ReadingStoreOptions
{
    /// <summary>The folder of the journal: on a disk of its own, what happens to the database's does not stop it. One server at a time.</summary>
    public required string JournalFolder { get; init; }

    /// <summary>How long the readings of each class are kept, by the class's number. A class that is not named has <see cref="OtherRetention"/>; zero: none is kept.</summary>
    public IReadOnlyDictionary<int, TimeSpan> Retention { get; init; } = DefaultRetention;

    /// <inheritdoc cref="Retention"/>
    public TimeSpan OtherRetention { get; init; } = Years(2);

    /// <summary>Bills are disputed for years; how a load was switched and what the supply was like, for less; how devices are reached matters for a season.</summary>
    public static IReadOnlyDictionary<int, TimeSpan> DefaultRetention { get; } = new Dictionary<int, TimeSpan> { [1] = Years(10), [2] = Years(2), [3] = Years(2), [4] = Years(1), [5] = TimeSpan.FromDays(90) };

    /// <summary>
    /// How often the journal is forced to the disk. What was kept survives the end of the process at any time; a failure of power may take what came after the last time. Zero: each batch waits for the disk.
    /// </summary>
    public TimeSpan SyncInterval { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Bytes of the journal: what comes in while the database is away. At 100,000 readings a second these are 40 minutes, at 1,000 three days.</summary>
    public long MaxJournalBytes { get; init; } = 8L << 30;

    /// <summary>Readings that are held in memory before they go to the database together: 40 bytes each. The more, the better they pack.</summary>
    public int MaxTableReadings { get; init; } = 2_000_000;

    /// <summary>How long readings wait for others before they go to the database: four of a quarter of an hour each.</summary>
    public TimeSpan MaxTableAge { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How long a database that fails is left alone before the next try.</summary>
    public TimeSpan RetryInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How often small blocks are put together, and what is past its retention is deleted.</summary>
    public TimeSpan UpkeepInterval { get; init; } = TimeSpan.FromHours(1);

    internal TimeSpan RetentionOf(int dataClass) => Retention.TryGetValue(dataClass, out var retention) ? retention : OtherRetention;

    private static TimeSpan Years(int years) => TimeSpan.FromDays((365 * years) + (years / 4) + 1);
}
