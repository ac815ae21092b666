using OpcPortal.Adapters;
using OpcPortal.Server;

namespace OpcPortal.Host;

/// <summary>Reads what is kept of readings, how long and how safely.</summary>
internal static class HistorySettings
{
    private const string DefaultJournal = "journal";

    // What is kept longer than a generation is kept by who sets the clock wrong.
    private const int MaxDays = 100 * 365;

    /// <param name="history">Null: the defaults.</param>
    /// <param name="folder">The folder of the configuration.</param>
    public static ReadingStoreOptions Read(ConfigElement? history, string folder)
    {
        var otherwise = new ReadingStoreOptions { JournalFolder = Path.Combine(folder, DefaultJournal) };
        if (history is null) return otherwise;
        var (retention, other) = ReadRetention(history.Find("days"), otherwise);
        var options = otherwise with
        {
            JournalFolder = history.Find("journal") is { } journal ? Path.GetFullPath(journal.Text(), folder) : otherwise.JournalFolder,
            Retention = retention,
            OtherRetention = other,
            SyncInterval = history.Find("syncInterval")?.Duration(TimeSpan.Zero, TimeSpan.FromMinutes(1)) ?? otherwise.SyncInterval,
            MaxJournalBytes = history.Find("maxJournalMegabytes")?.Integer(64, 1 << 24) is { } megabytes ? (long)megabytes << 20 : otherwise.MaxJournalBytes,
            MaxTableReadings = history.Find("maxReadingsInMemory")?.Integer(10_000, 50_000_000) ?? otherwise.MaxTableReadings,
            MaxTableAge = history.Find("maxAgeInMemory")?.Duration(TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)) ?? otherwise.MaxTableAge,
        };
        history.RefuseUnread();
        return options;
    }

    // By the names of the classes that NodeSet.xml has; a class of another model by its number.
    private static (Dictionary<int, TimeSpan> Retention, TimeSpan Other) ReadRetention(ConfigElement? days, ReadingStoreOptions otherwise)
    {
        var retention = new Dictionary<int, TimeSpan>(otherwise.Retention);
        var other = otherwise.OtherRetention;
        foreach (var (name, value) in days?.Members ?? new Dictionary<string, ConfigElement>())
        {
            var kept = TimeSpan.FromDays(days!.Get(name).Integer(0, MaxDays));
            if (name == "other") other = kept;
            else if (DataClassDefinition.WellKnown.FirstOrDefault(known => known.Name == name) is { } known) retention[known.Number] = kept;
            else if (int.TryParse(name, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var number) && number <= DataClassDefinition.MaxNumber) retention[number] = kept;
            else throw value.Wrong($"'{name}' is no class of data: known are {string.Join(", ", DataClassDefinition.WellKnown.Select(c => c.Name))}, \"other\", and numbers up to {DataClassDefinition.MaxNumber}");
        }

        return (retention, other);
    }
}
