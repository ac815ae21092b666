using Microsoft.Extensions.Time.Testing;
using OpcPortal.Adapters;
using OpcPortal.Models;

namespace OpcPortal.Server.Tests;

/// <summary>When adapters may forget what they published.</summary>
public sealed class CommitTests
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 6, 1, 12, 0, 0, TimeSpan.Zero));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private IngestPipeline Pipeline(Keeper keeper, IReadingScreen? screen = null)
    {
        var store = new PointStore();
        store.EnsurePoints(10);
        var pipeline = new IngestPipeline(store, _time, capacity: 16, screen, keeper);
        pipeline.Start();
        return pipeline;
    }

    private Reading Reading(int point = 1, long value = 1) => new(point, PointValue.From(value), _time.GetUtcNow().UtcDateTime);

    [Fact]
    public async Task A_commit_completes_when_what_was_published_before_is_kept_and_not_earlier()
    {
        var keeper = new Keeper { Gate = new TaskCompletionSource() };
        await using var pipeline = Pipeline(keeper);
        await pipeline.CommitAsync(Token);
        await pipeline.PublishAsync(new[] { Reading() }, Token);
        var commit = pipeline.CommitAsync(Token).AsTask();
        await keeper.Entered.Task.WaitAsync(Token);
        Assert.False(commit.IsCompleted);
        keeper.Gate.SetResult();
        await commit.WaitAsync(Token);
        Assert.Equal(1, keeper.Count);
    }

    [Fact]
    public async Task A_commit_fails_where_readings_could_not_be_kept_and_current_values_go_on()
    {
        var keeper = new Keeper { IsFailing = true };
        await using var pipeline = Pipeline(keeper);
        await pipeline.PublishAsync(new[] { Reading() }, Token);
        await Assert.ThrowsAsync<ReadingsLostException>(async () => await pipeline.CommitAsync(Token));
        // Whose readings were lost is not known: who asks a little later is told too.
        await Assert.ThrowsAsync<ReadingsLostException>(async () => await pipeline.CommitAsync(Token));
        Assert.Equal((1, 1), (pipeline.Counts.Applied, pipeline.Counts.NotKept));

        keeper.IsFailing = false;
        _time.Advance(CommitWaiters.LossMemory);
        await pipeline.PublishAsync(new[] { Reading() }, Token);
        await pipeline.CommitAsync(Token);
        Assert.Equal(1, keeper.Count);
    }

    [Fact]
    public async Task A_commit_after_a_publishing_that_was_cancelled_still_completes()
    {
        var keeper = new Keeper { Gate = new TaskCompletionSource() };
        await using var pipeline = Pipeline(keeper);
        using var cancel = new CancellationTokenSource();
        // More than the channel holds, while the keeper waits.
        var publishing = pipeline.PublishAsync(Enumerable.Repeat(Reading(), 100).ToArray(), cancel.Token).AsTask();
        await keeper.Entered.Task.WaitAsync(Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => publishing);
        var commit = pipeline.CommitAsync(Token).AsTask();
        keeper.Gate.SetResult();
        await commit.WaitAsync(Token);
    }

    [Fact]
    public async Task What_is_kept_is_what_came_and_what_is_current_is_what_the_screen_made_of_it()
    {
        var keeper = new Keeper();
        var screen = new Screen();
        await using var pipeline = Pipeline(keeper, screen);
        await pipeline.PublishAsync(new[] { Reading() }, Token);
        await pipeline.CommitAsync(Token);
        Assert.Equal(ReadingStatus.Good, keeper.Last.Status);
        Assert.Equal(7, keeper.LastNote);
        Assert.Equal(ReadingStatus.Uncertain, screen.KeptStatus);
    }

    private sealed class Keeper : IReadingKeeper
    {
        public bool IsFailing { get; set; }
        public int Count { get; private set; }
        public Reading Last { get; private set; }
        public int LastNote { get; private set; }
        public TaskCompletionSource Entered { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
        public TaskCompletionSource? Gate { get; init; }

        public int NumberOf(QualityNote note) => 7;

        public async ValueTask KeepAsync(ReadOnlyMemory<Reading> readings, ReadOnlyMemory<int> notes, DateTime serverTime)
        {
            Entered.TrySetResult();
            if (Gate is not null) await Gate.Task;
            if (IsFailing) throw new StorageException("full");
            Count += readings.Length;
            Last = readings.Span[^1];
            LastNote = notes.Span[^1];
        }
    }

    private sealed class Screen : IReadingScreen
    {
        public ReadingStatus KeptStatus { get; private set; }

        void IReadingScreen.Screen(Span<Reading> readings, Span<int> notes, DateTime serverTime)
        {
            notes[0] = 7;
        }

        public void Shade(Span<Reading> readings, ReadOnlySpan<int> notes)
        {
            if (notes[0] == 7) readings[0] = readings[0] with { Status = ReadingStatus.Uncertain };
        }

        public void Kept(ReadOnlySpan<Reading> readings, DateTime serverTime) => KeptStatus = readings[0].Status;
    }
}
