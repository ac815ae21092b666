using System.Data.Common;

namespace OpcPortal.Server;

/// <content>When series had anything last.</content>
internal sealed partial class BlockDatabase
{
    /// <summary>Up to so many series are looked up one by one, some 50 µs each; of more, all that a month has is looked through at once.</summary>
    internal const int MaxSought = 500;

    private const string OfBlocks = $"FROM {HistorySchema.Blocks} WHERE stretch = @stretch AND first <= @until";
    private const string OfRevisions = $"FROM {HistorySchema.Revisions} WHERE stretch = @stretch AND time <= @until";

    /// <summary>Notes the newest times of series within a month.</summary>
    /// <param name="classes">Of the series.</param>
    /// <param name="sought">Of them at least.</param>
    /// <exception cref="StorageException">The database cannot be reached.</exception>
    public Task FindLastAsync(int month, IReadOnlySet<int> classes, IReadOnlyCollection<long> sought, LastTimes last, CancellationToken cancellation) => _database.ReadAsync(
        async (connection, transaction) =>
        {
            foreach (var stretch in Stretches.Select(number => new Stretch(number)).Where(stretch => stretch.Month == month && classes.Contains(stretch.DataClass)))
            {
                if (sought.Count > MaxSought)
                {
                    await NoteAsync($"SELECT series, MAX(last) {OfBlocks} GROUP BY series", stretch).ConfigureAwait(false);
                    await NoteAsync($"SELECT series, MAX(time) {OfRevisions} GROUP BY series", stretch).ConfigureAwait(false);
                    continue;
                }

                foreach (var series in sought)
                {
                    await NoteAsync($"SELECT series, MAX(last) {OfBlocks} AND series = @series GROUP BY series", stretch, ("series", series)).ConfigureAwait(false);
                    await NoteAsync($"SELECT series, MAX(time) {OfRevisions} AND series = @series GROUP BY series", stretch, ("series", series)).ConfigureAwait(false);
                }
            }

            return true;

            async Task NoteAsync(string sql, Stretch stretch, params (string Name, object? Value)[] more)
            {
                (string Name, object? Value)[] parameters = [("stretch", stretch.Number), ("until", last.Until.Ticks), .. more];
                await foreach (var row in QueryAsync(connection, transaction, sql, cancellation, parameters).ConfigureAwait(false)) last.Note(row.GetInt64(0), Math.Min(row.GetInt64(1), last.Until.Ticks));
            }
        },
        cancellation);
}
