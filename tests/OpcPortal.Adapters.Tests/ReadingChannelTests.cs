using OpcPortal.Adapters.TestKit;
using OpcPortal.Models;

namespace OpcPortal.Adapters.Tests;

public sealed class ReadingChannelTests
{
    private static Reading[] Readings(int count) => [.. Enumerable.Range(0, count).Select(i => new Reading(i, PointValue.From((long)i), DateTime.UnixEpoch))];

    [Fact]
    public async Task Readings_come_out_in_the_order_in_which_they_went_in()
    {
        var channel = new ReadingChannel(10);
        await channel.PublishAsync(Readings(7), CancellationToken.None);
        var buffer = new Reading[5];
        Assert.Equal(5, channel.Read(buffer));
        Assert.Equal([0, 1, 2, 3, 4], buffer.Select(reading => reading.Point));
        Assert.Equal(2, channel.Read(buffer));
        Assert.Equal(0, channel.Read(buffer));
        Assert.Equal(7, channel.Accepted);
    }

    [Fact]
    public async Task A_full_channel_makes_the_writer_wait_and_loses_nothing()
    {
        var channel = new ReadingChannel(4);
        var writing = channel.PublishAsync(Readings(10), CancellationToken.None).AsTask();
        Assert.False(writing.IsCompleted);
        Assert.Equal(4, channel.Count);

        var got = new List<int>();
        var buffer = new Reading[3];
        while (got.Count < 10 && await channel.WaitToReadAsync(CancellationToken.None)) got.AddRange(buffer.Take(channel.Read(buffer)).Select(reading => reading.Point));
        await writing;
        Assert.Equal(Enumerable.Range(0, 10), got);
        Assert.True(channel.Waited > 0);
    }

    [Fact]
    public async Task A_writer_that_waits_can_be_cancelled()
    {
        var channel = new ReadingChannel(1);
        using var stop = new CancellationTokenSource();
        var writing = channel.PublishAsync(Readings(2), stop.Token).AsTask();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writing);
    }

    [Fact]
    public async Task A_completed_channel_gives_what_is_left_and_then_says_that_there_is_no_more()
    {
        var channel = new ReadingChannel(4);
        await channel.PublishAsync(Readings(1), CancellationToken.None);
        channel.Complete();
        Assert.True(await channel.WaitToReadAsync(CancellationToken.None));
        Assert.Equal(1, channel.Read(new Reading[4]));
        Assert.False(await channel.WaitToReadAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_batcher_hands_on_full_batches_by_itself_and_the_rest_when_told()
    {
        var sink = new RecordingSink();
        var batcher = new ReadingBatcher(sink, 3);
        foreach (var reading in Readings(7)) await batcher.AddAsync(reading, CancellationToken.None);
        Assert.Equal(6, sink.Readings.Count);
        Assert.Equal(1, batcher.Count);
        await batcher.FlushAsync(CancellationToken.None);
        await batcher.FlushAsync(CancellationToken.None);
        Assert.Equal(Enumerable.Range(0, 7), sink.Readings.Select(reading => reading.Point));
    }
}
