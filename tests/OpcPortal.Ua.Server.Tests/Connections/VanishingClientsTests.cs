using OpcPortal.Ua.Channel;
using OpcPortal.Ua.Security;

namespace OpcPortal.Ua.Server.Tests;

/// <summary>Clients connect, read and vanish at any moment; who stays is served all the while, and nothing of the others is left. Attack classes 3, 12.</summary>
public sealed class VanishingClientsTests(ITestOutputHelper output)
{
    private const int Clients = 50;

    [Fact]
    public async Task Who_stays_is_served_while_others_come_and_vanish()
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        await using var server = new TestServer();
        var steady = server.Connect();
        await steady.ReadyAsync();
        var vanishing = Enumerable.Range(0, Clients).Select(i => Task.Run(() => LiveAndVanish(server, new Random(seed + i)))).ToArray();
        var all = Task.WhenAll(vanishing);
        var served = 0;
        do
        {
            Assert.Equal("Server", (await steady.ReadAsync(ObjectIds.Server, AttributeIds.BrowseName)).Value.AsQualifiedName().Name);
            served++;
        }
        while (!all.IsCompleted);
        var ends = await all;
        output.WriteLine($"{served} reads meanwhile; ended: {string.Join(", ", ends.GroupBy(static e => e).Select(g => $"{g.Key} {g.Count()}"))}");
        Assert.True(ends.Distinct().Count() > 2);

        // The sessions of those that vanished end in time, and only theirs.
        for (var i = 0; i < 20; i++)
        {
            server.Time.Advance(TimeSpan.FromSeconds(5));
            Assert.True((await steady.ReadAsync(ObjectIds.Server, AttributeIds.BrowseName)).StatusCode.IsGood);
        }

        Assert.Equal(1, server.Server.Sessions.Count);
    }

    // As far as chance says, then gone: politely, in the middle of a message, or without a word.
    private static async Task<string> LiveAndVanish(TestServer server, Random random)
    {
        var client = server.Connect($"198.51.100.{random.Next(1, 255)}");
        var steps = random.Next(1, 12);
        var stage = await Live(client, random, steps);
        switch (random.Next(3))
        {
            case 0 when steps > 2:
                client.Secure.Send(client.Output, MessageType.Close, 9_999, WireClient.Encode(new CloseSecureChannelRequest()));
                await client.Output.FlushAsync();
                break;
            case 1:
                await client.SendAsync((byte[])[.. "MSGF"u8, 0xFF, 0, 0, 0, 1, 2, 3]);
                break;
        }

        await client.Output.CompleteAsync();
        await client.Served.WaitAsync(TimeSpan.FromMinutes(1));
        return stage;
    }

    private static async Task<string> Live(WireClient client, Random random, int steps)
    {
        await client.HelloAsync();
        if (steps == 1) return "after Hello";
        if (random.Next(4) == 0) await client.OpenAsync(SecurityPolicy.Basic256Sha256, MessageSecurityMode.SignAndEncrypt, TestPki.Client);
        else await client.OpenAsync();
        if (steps == 2) return "with a channel";
        await client.CreateSessionAsync();
        if (steps == 3) return "with a session";
        await client.ActivateAsync();
        for (var i = 4; i < steps; i++) Assert.True((await client.ReadAsync(ObjectIds.Server, AttributeIds.BrowseName)).StatusCode.IsGood);
        if (random.Next(2) == 0) return "active";
        // Answers that nobody waits for.
        for (var i = random.Next(1, 10); i > 0; i--) await client.PostAsync(new ReadRequest { NodesToRead = new ReadValueId[random.Next(1, 200)], TimestampsToReturn = TimestampsToReturn.Both });
        await client.PostAsync(new PublishRequest());
        return "with requests under way";
    }
}
