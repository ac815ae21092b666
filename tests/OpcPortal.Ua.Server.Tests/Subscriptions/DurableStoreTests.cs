using Microsoft.Extensions.Logging.Abstractions;

namespace OpcPortal.Ua.Server.Tests.Subscriptions;

/// <summary>The files that durable subscriptions are kept in: cut off, damaged, too new, too large, on a full disk.</summary>
public sealed class DurableStoreTests : IDisposable
{
    private static readonly NodeId V = new("v", 1);

    private readonly DurableWorld _durable = new();

    public void Dispose() => _durable.Dispose();

    private SubscriptionWorld World => _durable.World;

    private async Task<(SubscriptionClient Client, uint Subscription)> Begin(DurableWorld durable, uint queueSize = 100)
    {
        durable.World.Variable("v", 0.0);
        var client = durable.World.Connect();
        var subscription = await durable.Subscribe(client);
        await client.Monitor(subscription, V, queueSize: queueSize);
        return (client, subscription);
    }

    private async Task<MonitoredItemNotification[]> After(uint subscription, double value, Action<string> damage)
    {
        _durable.Kill(world => world.Variable("v", value), damage);
        var (client, result) = await _durable.TakeOver(subscription);
        Assert.Equal(StatusCodes.Good, result.StatusCode);
        return Received.Values(await client.NextPublish());
    }

    private static void Change(string folder, Func<byte[], byte[]> change)
    {
        var file = Directory.GetFiles(folder, "*.journal").Single();
        File.WriteAllBytes(file, change(File.ReadAllBytes(file)));
    }

    // Where a record of a value begins: its mark, its kind, the item's id.
    private static int Record(byte[] bytes, int number)
    {
        var found = 0;
        for (var offset = JournalFormat.HeaderLength; offset < bytes.Length; offset += 8 + ((bytes[offset] | (bytes[offset + 1] << 8) | (bytes[offset + 2] << 16)) + 7) / 8 * 8)
            if (bytes[offset + 8] == (byte)SubscriptionRecord.Value && found++ == number) return offset;
        throw new InvalidOperationException($"There is no value {number}.");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(20)]
    public async Task A_last_record_that_is_cut_off_is_the_only_one_that_is_missing(int bytes)
    {
        var (_, subscription) = await Begin(_durable);
        for (var i = 1; i <= 4; i++) World.Set(V, (double)i);
        var values = await After(subscription, 3.0, folder => Change(folder, content => content[..^bytes]));
        Assert.Equal([0.0, 1.0, 2.0, 3.0], values.Select(v => v.Value.Value.AsDouble()));
        Assert.DoesNotContain(values, v => v.Value.StatusCode.HasOverflow);
        // What comes next is written where the rest was.
        World.Set(V, 5.0);
        Assert.Equal([5.0], (await After(subscription, 5.0, _ => { })).Select(v => v.Value.Value.AsDouble()));
    }

    [Fact]
    public async Task A_record_that_is_damaged_in_the_midst_costs_itself_alone_and_the_item_tells_that_something_is_missing()
    {
        var (_, subscription) = await Begin(_durable);
        for (var i = 1; i <= 4; i++) World.Set(V, (double)i);
        var values = await After(subscription, 4.0, folder => Change(folder, content =>
        {
            content[Record(content, 2) + 16] ^= 1;
            return content;
        }));
        Assert.Equal([0.0, 1.0, 3.0, 4.0, 4.0], values.Select(v => v.Value.Value.AsDouble()));
        Assert.Equal([false, false, false, false, true], values.Select(v => v.Value.StatusCode.HasOverflow));
        // It is whole again: nothing more is told.
        World.Set(V, 5.0);
        values = await After(subscription, 5.0, _ => { });
        Assert.Equal([5.0], values.Select(v => v.Value.Value.AsDouble()));
        Assert.False(values[0].Value.StatusCode.HasOverflow);
    }

    [Fact]
    public async Task A_hole_of_zeros_as_a_loss_of_power_leaves_it_is_found_and_told()
    {
        var (_, subscription) = await Begin(_durable);
        for (var i = 1; i <= 6; i++) World.Set(V, (double)i);
        var values = await After(subscription, 6.0, folder => Change(folder, content =>
        {
            content.AsSpan(Record(content, 2), Record(content, 5) - Record(content, 2)).Clear();
            return content;
        }));
        Assert.Equal([0.0, 1.0, 5.0, 6.0, 6.0], values.Select(v => v.Value.Value.AsDouble()));
        Assert.True(values[^1].Value.StatusCode.HasOverflow);
    }

    [Fact]
    public async Task A_journal_of_a_newer_server_ends_the_start_and_is_left_as_it_is()
    {
        await Begin(_durable);
        byte[] newer = [];
        var refused = Assert.Throws<SubscriptionStoreException>(() => _durable.Kill(_ => { }, folder => Change(folder, content =>
        {
            content[8]++;
            return newer = content;
        })));
        Assert.Contains("newer server (version 2, this one knows 1)", refused.Message, StringComparison.Ordinal);
        Assert.Contains(_durable.Files.Single(), refused.Message, StringComparison.Ordinal);
        Assert.Equal(newer, File.ReadAllBytes(_durable.Files.Single()));
    }

    [Fact]
    public async Task A_file_that_is_no_journal_is_set_aside_and_the_others_go_on()
    {
        var (_, subscription) = await Begin(_durable);
        _durable.Kill(world => world.Variable("v", 0.0), folder => File.WriteAllText(Path.Combine(folder, "00000000-1.journal"), "This is something else altogether."));
        Assert.Equal(StatusCodes.Good, (await _durable.TakeOver(subscription)).Result.StatusCode);
        Assert.Single(_durable.Files);
        Assert.Single(Directory.GetFiles(_durable.Folder, "*.damaged"));
    }

    [Fact]
    public async Task Of_a_journal_that_was_being_rewritten_the_newer_one_counts_when_it_is_complete_and_the_older_one_until_then()
    {
        var (_, subscription) = await Begin(_durable);
        World.Set(V, 1.0);
        var name = FileSubscriptionStore.NameOf(subscription, 1);
        var values = await After(subscription, 1.0, folder =>
        {
            // Killed before the name was changed, and after, when the older one was not yet gone.
            File.WriteAllBytes(Path.Combine(folder, FileSubscriptionStore.NameOf(subscription, 2) + ".unfinished"), [1, 2, 3]);
            var newer = File.ReadAllBytes(Path.Combine(folder, name));
            JournalFormat.WriteHeader(newer, subscription, 3);
            File.WriteAllBytes(Path.Combine(folder, FileSubscriptionStore.NameOf(subscription, 3)), newer[..Record(newer, 1)]);
        });
        Assert.Equal([0.0, 1.0], values.Select(v => v.Value.Value.AsDouble()));
        Assert.Equal([FileSubscriptionStore.NameOf(subscription, 3)], Directory.GetFiles(_durable.Folder, "*journal*").Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_journal_does_not_grow_with_what_was_delivered()
    {
        var (client, subscription) = await Begin(_durable);
        var last = (await client.NextPublish()).NotificationMessage.SequenceNumber;
        for (var i = 1; i <= 600; i++)
        {
            for (var j = 0; j < 100; j++) World.Set(V, (double)(i * 100 + j));
            var pending = client.Publish(new SubscriptionAcknowledgement { SubscriptionId = subscription, SequenceNumber = last });
            World.Jump(100);
            last = (await pending).NotificationMessage.SequenceNumber;
        }

        // 60,000 values were written, once as values and once as messages: some 5 MB.
        Assert.InRange(new FileInfo(_durable.Files.Single()).Length, 1, 3 * 1024 * 1024);
        World.Set(V, -1.0);
        var values = await After(subscription, -1.0, _ => { });
        Assert.Equal([-1.0], values.Select(v => v.Value.Value.AsDouble()));
    }

    // Whoever sets things again and again, or never acknowledges, fills no disk.
    [Fact]
    public async Task A_journal_does_not_grow_with_what_is_set_again_and_again_nor_with_messages_that_are_dropped()
    {
        var (client, subscription) = await Begin(_durable);
        var text = World.Variable("text", "", DataTypeIds.String);
        await client.Monitor(subscription, text, handle: 2);
        for (var i = 0; i < 1000; i++)
        {
            for (var j = 0; j < 20; j++)
                await client.Send<SetPublishingModeResponse>(new SetPublishingModeRequest { SubscriptionIds = [subscription], PublishingEnabled = true });
            World.Set(text, new string((char)('a' + (i % 26)), 4000));
            var pending = client.Publish();
            World.Jump(100);
            await pending;
        }

        // 20,000 definitions of some 200 bytes, and 4,000 bytes twice in each of 1,000 messages, of which 200 are kept.
        Assert.InRange(new FileInfo(_durable.Files.Single()).Length, 200 * 4000, 4 * 1024 * 1024);
    }

    [Fact]
    public async Task Beyond_what_the_store_may_take_values_push_others_out_and_say_so()
    {
        using var durable = new DurableWorld(options: new FileSubscriptionStoreOptions { MaxBytes = 4096 });
        var (client, _) = await Begin(durable, queueSize: 10_000);
        for (var i = 1; i <= 1000; i++) durable.World.Set(V, (double)i);
        var values = Received.Values(await client.NextPublish());
        Assert.InRange(values.Length, 10, 100);
        Assert.True(values[0].Value.StatusCode.HasOverflow);
        Assert.Equal(1000.0, values[^1].Value.Value.AsDouble());
    }

    [Fact]
    public void A_folder_is_one_server_s_at_a_time()
    {
        var second = Assert.Throws<SubscriptionStoreException>(() => new FileSubscriptionStore(_durable.Folder, new FileSubscriptionStoreOptions(), World.Time, NullLogger<FileSubscriptionStore>.Instance));
        Assert.Contains(_durable.Folder, second.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_copy_of_the_store_is_a_store()
    {
        var (_, subscription) = await Begin(_durable);
        World.Set(V, 1.0);
        var copy = Path.Combine(_durable.Folder, "copy");
        _durable.Store.CopyTo(copy);
        World.Set(V, 2.0);
        _durable.Kill(world => world.Variable("v", 1.0), folder =>
        {
            foreach (var file in Directory.GetFiles(copy)) File.Copy(file, Path.Combine(folder, Path.GetFileName(file)), overwrite: true);
        });
        var (client, _) = await _durable.TakeOver(subscription);
        Assert.Equal([0.0, 1.0], Received.Numbers(await client.NextPublish()));
    }

    // A disk that is full for a while: the subscription goes on in memory, and is kept whole when there is room.
    [Fact]
    public async Task What_a_full_disk_did_not_take_is_kept_as_soon_as_it_takes_something_again()
    {
        using var files = new DurableWorld();
        using var store = new MoodyStore(files.Store);
        using var world = new SubscriptionWorld(store: store);
        world.Variable("v", 0.0);
        var client = world.Connect();
        var subscription = await client.Subscribe();
        store.IsFull = true;
        Assert.Equal(StatusCodes.BadResourceUnavailable, world.Engine.SetDurable(client.Session.Id, subscription, 1, out _));
        store.IsFull = false;
        Assert.Equal(StatusCodes.Good, world.Engine.SetDurable(client.Session.Id, subscription, 1, out _));
        await client.Monitor(subscription, V, queueSize: 100);
        store.IsFull = true;
        world.Set(V, 1.0);
        world.Set(V, 2.0);
        world.Advance(3000);
        Assert.Equal(3, store.Rewrites);
        store.IsFull = false;
        world.Set(V, 3.0);
        // Nothing is added to a journal with a hole in it.
        Assert.Equal(0, store.AppendedSinceFull);
        world.Advance(1100);
        world.Set(V, 4.0);
        Assert.Equal(1, store.AppendedSinceFull);
        files.Kill(next => next.Variable("v", 4.0));
        var (again, _) = await files.TakeOver(subscription);
        Assert.Equal([0.0, 1.0, 2.0, 3.0, 4.0], Received.Numbers(await again.NextPublish()));
    }

    /// <summary>A store on a disk that is full now and then.</summary>
    private sealed class MoodyStore(FileSubscriptionStore files) : ISubscriptionStore
    {
        public bool IsFull { get; set; }
        public int Rewrites { get; private set; }
        public int AppendedSinceFull { get; private set; }
        public bool HasRoom => true;

        public IReadOnlyList<ISubscriptionJournal> Open() => [];

        public ISubscriptionJournal? TryCreate(uint subscriptionId) => IsFull ? null : new Journal(this, files.TryCreate(subscriptionId)!);

        public void Dispose()
        {
        }

        private sealed class Journal(MoodyStore store, ISubscriptionJournal file) : ISubscriptionJournal
        {
            public uint SubscriptionId => file.SubscriptionId;
            public long Length => file.Length;
            public bool HasRoom => true;

            public JournalCondition Read(JournalRecordReader reader) => file.Read(reader);

            public bool TryAppend(ReadOnlySpan<byte> record)
            {
                if (store.IsFull) return false;
                if (store.Rewrites > 0) store.AppendedSinceFull++;
                return file.TryAppend(record);
            }

            public IJournalRewrite? TryRewrite()
            {
                if (!store.IsFull) return file.TryRewrite();
                store.Rewrites++;
                return null;
            }

            public void Delete() => file.Delete();

            public void Dispose()
            {
            }
        }
    }
}
