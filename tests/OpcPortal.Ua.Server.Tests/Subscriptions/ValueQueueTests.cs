using CsCheck;

namespace OpcPortal.Ua.Server.Tests.Subscriptions;

/// <summary>The queue of a data item. Part 4 5.13.1.5.</summary>
public sealed class ValueQueueTests
{
    private readonly Quota _room = new(1_000_000);

    [Fact]
    public void A_queue_of_one_holds_the_newest_and_never_flags()
    {
        var queue = new ValueQueue();
        for (var i = 0; i < 5; i++) Assert.False(queue.Push(Value(i), 1, discardOldest: i % 2 == 0, _room));
        Assert.Equal(["4"], Drain(ref queue));
    }

    [Fact]
    public void Where_the_oldest_is_discarded_the_next_oldest_is_flagged()
    {
        var queue = new ValueQueue();
        for (var i = 0; i < 5; i++) Assert.Equal(i >= 3, queue.Push(Value(i), 3, discardOldest: true, _room));
        Assert.Equal(["2!", "3", "4"], Drain(ref queue));
    }

    [Fact]
    public void Where_the_newest_is_discarded_it_is_replaced_and_flagged()
    {
        var queue = new ValueQueue();
        for (var i = 0; i < 5; i++) Assert.Equal(i >= 3, queue.Push(Value(i), 3, discardOldest: false, _room));
        Assert.Equal(["0", "1", "4!"], Drain(ref queue));
    }

    // Part 4 7.39.1: info type DataValue (0x400) and overflow (0x80).
    [Fact]
    public void The_flag_is_the_overflow_bit_with_its_info_type()
    {
        var queue = new ValueQueue();
        for (var i = 0; i < 3; i++) queue.Push(Value(i), 2, discardOldest: true, _room);
        Assert.Equal(0x480u, queue.Oldest.StatusCode.Code);
    }

    [Fact]
    public void Where_there_is_no_room_for_all_queues_it_overflows_sooner_and_says_so()
    {
        var room = new Quota(4);
        var queue = new ValueQueue();
        for (var i = 0; i < 100; i++) queue.Push(Value(i), 100, discardOldest: true, room);
        Assert.Equal(["96!", "97", "98", "99"], Drain(ref queue));
    }

    [Fact]
    public void Room_is_given_back()
    {
        var queue = new ValueQueue();
        for (var i = 0; i < 100; i++) queue.Push(Value(i), 100, discardOldest: true, _room);
        Assert.InRange(_room.Used, 99, 200);
        Drain(ref queue);
        Assert.Equal(0, _room.Used);
        for (var i = 0; i < 100; i++) queue.Push(Value(i), 100, discardOldest: true, _room);
        queue.Clear(_room);
        Assert.Equal(0, _room.Used);
    }

    [Theory]
    [InlineData(true, 2, new[] { "3!", "4" })]
    [InlineData(false, 2, new[] { "0", "4!" })]
    [InlineData(true, 1, new[] { "4" })]
    [InlineData(false, 5, new[] { "0", "1", "2", "3", "4" })]
    public void A_queue_made_shorter_keeps_what_its_policy_keeps(bool discardOldest, int capacity, string[] kept)
    {
        var queue = new ValueQueue();
        for (var i = 0; i < 5; i++) queue.Push(Value(i), 10, discardOldest, _room);
        queue.Shrink(capacity, discardOldest, _room);
        Assert.Equal(kept, Drain(ref queue));
    }

    // Against a list: whatever is pushed and popped in whatever order.
    [Fact]
    public void It_does_what_a_list_would_do()
    {
        Gen.Select(Gen.Int[1, 20], Gen.Bool, Gen.Bool.Array[0, 200]).Sample((capacity, discardOldest, pushes) =>
        {
            var queue = new ValueQueue();
            var list = new List<(int Value, bool Flag)>();
            for (var i = 0; i < pushes.Length; i++)
            {
                if (!pushes[i])
                {
                    if (list.Count == 0) continue;
                    Assert.Equal((list[0].Value, list[0].Flag), (queue.Oldest.Value.AsInt32(), queue.Oldest.StatusCode.HasOverflow));
                    queue.Pop(_room);
                    list.RemoveAt(0);
                    continue;
                }

                queue.Push(Value(i), capacity, discardOldest, _room);
                PushToList(list, i, capacity, discardOldest);
                Assert.Equal(list.Count, queue.Count);
            }
        });
    }

    private static void PushToList(List<(int Value, bool Flag)> list, int value, int capacity, bool discardOldest)
    {
        if (list.Count < capacity)
        {
            list.Add((value, false));
        }
        else if (capacity == 1)
        {
            list[0] = (value, false);
        }
        else if (discardOldest)
        {
            list.RemoveAt(0);
            list[0] = (list[0].Value, true);
            list.Add((value, false));
        }
        else
        {
            list[^1] = (value, true);
        }
    }

    private static DataValue Value(int number) => new(number);

    private string[] Drain(ref ValueQueue queue)
    {
        var values = new List<string>();
        for (; queue.Count > 0; queue.Pop(_room)) values.Add(queue.Oldest.Value.AsInt32() + (queue.Oldest.StatusCode.HasOverflow ? "!" : ""));
        return [.. values];
    }
}
