using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using OpcPortal.Models;

namespace OpcPortal.Server.Tests;

/// <summary>Current values and their chains of quality, as readings and revisions come. portal-model.md: "The chain only grows".</summary>
public sealed class CurrentRevisionsTests : IAsyncLifetime
{
    private const int Point = 1;

    private static readonly QualityCode Battery = new(QualityOrigin.EndDevice, QualityCode.Diagnostics, 1);
    private static readonly QualityNote Zero = new(new QualityCode(QualityOrigin.MeterDataManagement, QualityCode.ValidationFailed, 1), new QualityAuthor("house", "rules 3"), "nothing was used");
    private static readonly QualityNote Estimated = new(new QualityCode(QualityOrigin.MeterDataManagement, QualityCode.Estimated, 0), new QualityAuthor("house", "rules 3"), "like days");
    private static readonly QualityNote Edited = new(new QualityCode(QualityOrigin.MeterDataManagement, QualityCode.Edited, 0), new QualityAuthor("utility", null, "eve"), "read by hand");

    private readonly string _folder = Directory.CreateTempSubdirectory("opcportal-current-").FullName;
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 5, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly PointStore _store = new();
    private readonly List<StoredReading> _told = [];
    private SqliteDatabase? _database;
    private ReadingStore? _history;
    private CurrentRevisions? _revisions;

    private DateTime Now => _time.GetUtcNow().UtcDateTime;

    public async ValueTask InitializeAsync()
    {
        _store.EnsurePoints(2);
        _store.Watch(Point, new Watcher(_told));
        _database = new SqliteDatabase(Path.Combine(_folder, "history.db"));
        _history = await ReadingStore.OpenAsync(_database, new ReadingStoreOptions { JournalFolder = Path.Combine(_folder, "journal") }, _time, NullLogger<ReadingStore>.Instance, TestContext.Current.CancellationToken);
        _history.Bind(new Names());
        _revisions = new CurrentRevisions(_history, _history.NoteOf, _store, _time, NullLogger<CurrentRevisions>.Instance);
    }

    [Fact]
    public async Task The_chain_begins_with_the_source_and_what_was_noted_on_arrival()
    {
        await ArriveAsync(1, Now);
        Assert.Null(_revisions!.ChainOf(Point, _store.Read(Point)));
        await ArriveAsync(2, Now.AddSeconds(1), Battery, Zero);
        Assert.Equal([Battery, Zero.Code], Codes());
        await ArriveAsync(3, Now.AddSeconds(2), default, Zero);
        Assert.Equal([Zero.Code], Codes());
        await ArriveAsync(4, Now.AddSeconds(3));
        Assert.Null(_revisions.ChainOf(Point, _store.Read(Point)));
    }

    [Fact]
    public async Task A_note_that_is_added_shades_the_current_value_and_tells_those_who_watch()
    {
        await ArriveAsync(1, Now, Battery, Zero);
        await ReviseAsync(new ReadingRevision(Point, Now, RevisionKind.Note, Now.AddMinutes(1), Estimated));

        Assert.Equal([Battery, Zero.Code, Estimated.Code], Codes());
        Assert.Equal((1.0, ReadingStatus.UncertainSubstituteValue), (_store.Read(Point).Value.AsReal(), _store.Read(Point).Status));
        Assert.Equal([Zero.Code, Estimated.Code], _told.Select(reading => reading.Quality));
    }

    [Fact]
    public async Task What_was_edited_is_not_undone_by_what_the_device_says_once_more()
    {
        await ArriveAsync(1, Now);
        await ReviseAsync(new ReadingRevision(Point, Now, RevisionKind.Replace, Now.AddMinutes(1), Edited) { Value = PointValue.From(5.0) });
        Assert.Equal(5.0, _store.Read(Point).Value.AsReal());

        await ArriveAsync(1, Now);
        await ArriveAsync(2, Now);
        await FlushAsync();
        Assert.Equal(5.0, _store.Read(Point).Value.AsReal());
        Assert.Equal(Edited.Code, Codes()[^1]);
        await ArriveAsync(3, Now.AddMinutes(15));
        Assert.Equal(3.0, _store.Read(Point).Value.AsReal());
    }

    [Fact]
    public async Task An_estimate_makes_room_for_the_late_reading_of_its_time()
    {
        await ArriveAsync(1, Now);
        _time.Advance(TimeSpan.FromMinutes(16));
        var missing = Now.AddMinutes(-1);
        await ReviseAsync(new ReadingRevision(Point, missing, RevisionKind.Insert, Now, Estimated) { Value = PointValue.From(1.5) });
        Assert.Equal((1.5, ReadingStatus.UncertainSubstituteValue), (_store.Read(Point).Value.AsReal(), _store.Read(Point).Status));

        _time.Advance(TimeSpan.FromMinutes(4));
        await ArriveAsync(1.7, missing);
        await FlushAsync();
        Assert.Equal((1.7, ReadingStatus.Good), (_store.Read(Point).Value.AsReal(), _store.Read(Point).Status));
        Assert.Equal(Estimated.Code, Codes()[0]);
    }

    [Fact]
    public async Task The_same_read_again_changes_nothing_and_another_value_of_its_time_is_looked_up()
    {
        await ArriveAsync(1, Now, Battery);
        await ArriveAsync(1, Now, Battery);
        Assert.Equal(0, _store.Read(Point).Note);
        await ArriveAsync(2, Now, Battery);
        await FlushAsync();
        Assert.Equal(2.0, _store.Read(Point).Value.AsReal());
        Assert.Equal([Battery, Battery], Codes());
    }

    [Fact]
    public async Task Revisions_of_earlier_times_leave_the_current_value_alone_and_a_deleted_one_is_no_more()
    {
        await ArriveAsync(1, Now.AddMinutes(-15));
        await ArriveAsync(2, Now);
        await ReviseAsync(new ReadingRevision(Point, Now.AddMinutes(-15), RevisionKind.Replace, Now, Edited) { Value = PointValue.From(9.0) });
        Assert.Equal(2.0, _store.Read(Point).Value.AsReal());
        await ReviseAsync(new ReadingRevision(Point, Now, RevisionKind.Delete, Now, Edited));
        Assert.Equal((ReadingStatus.BadNoData, PointValueKind.None), (_store.Read(Point).Status, _store.Read(Point).Value.Kind));
    }

    private QualityCode[] Codes() => [.. _revisions!.ChainOf(Point, _store.Read(Point))!.Value.Chain.Select(entry => entry.Note.Code)];

    private async Task ArriveAsync(double value, DateTime at, QualityCode quality = default, QualityNote? note = null)
    {
        Reading[] readings = [new Reading(Point, PointValue.From(value), at, Quality: quality)];
        int[] notes = [note is null ? 0 : _history!.NumberOf(note)];
        await _history!.KeepAsync(readings, notes, Now);
        _store.Apply([readings[0] with { Quality = note?.Code ?? quality }], Now, notes, [quality]);
    }

    private async Task ReviseAsync(ReadingRevision revision)
    {
        await _history!.ReviseAsync([revision], TestContext.Current.CancellationToken);
        await FlushAsync();
    }

    private Task FlushAsync() => _revisions!.FlushAsync().WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _revisions!.DisposeAsync();
        await _history!.DisposeAsync();
        await _database!.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private sealed class Names : IPointNames
    {
        public bool TryName(int point, out PointName name)
        {
            name = new PointName($"p/d/{point}", 1);
            return true;
        }
    }

    private sealed class Watcher(List<StoredReading> told) : PointWatcher
    {
        public override void OnReading(in StoredReading reading)
        {
            lock (told) told.Add(reading);
        }
    }
}
