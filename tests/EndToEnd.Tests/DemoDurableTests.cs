using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;
using OpcPortal.Host;
using OpcPortal.Ua;
using OpcPortal.Ua.Client;
using OpcPortal.Ua.Security;

namespace OpcPortal.EndToEnd.Tests;

/// <summary>A durable subscription to a meter of the fleet, over a restart of the whole portal server: directory, rights, namespaces of owners, devices. Part 4 6.8.</summary>
public sealed class DemoDurableTests : IDisposable
{
    private const string User = "operator";
    private const string Meter = "elm-7/meter/ActiveEnergyImport";

    private static readonly SubscriptionOptions Durable = new() { PublishingInterval = TimeSpan.FromMilliseconds(200), DurableLifetime = TimeSpan.FromHours(2) };
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _folder = Directory.CreateTempSubdirectory("opcportal-durable-").FullName;
    private readonly CancellationToken _cancellation = TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task What_a_meter_measured_while_the_client_was_away_waits_over_a_restart_of_the_portal()
    {
        KeptSubscription kept;
        DateTime left;
        await using (var first = await StartAsync())
        {
            var node = new NodeId(Meter, first.Portal.Server.Ua.Model.Namespaces.GetOrAdd(DemoNeighbourhood.ShowHouse));
            await using (var session = await ConnectAsync(first))
            {
                var (values, handle) = Values();
                var subscription = await session.SubscribeAsync(Durable, handle, _cancellation);
                Assert.Equal(Durable.DurableLifetime, subscription.DurableLifetime);
                var item = await subscription.AddAsync(new MonitoredItemOptions { NodeId = node, QueueSize = 10_000, SamplingInterval = TimeSpan.Zero }, _cancellation);
                Assert.Equal(10_000u, item.RevisedQueueSize);
                left = (await NextGoodAsync(values)).SourceTimestamp;
                kept = await subscription.LeaveAsync();
                // What came before it left, it has had.
                while (values.Reader.TryRead(out var had)) left = had.SourceTimestamp;
            }

            await using var other = await ConnectAsync(first);
            var (changes, watch) = Values();
            var watching = await other.SubscribeAsync(new SubscriptionOptions { PublishingInterval = TimeSpan.FromMilliseconds(200) }, watch, _cancellation);
            await watching.AddAsync(new MonitoredItemOptions { NodeId = node }, _cancellation);
            var before = await NextGoodAsync(changes);
            while ((await NextGoodAsync(changes)).Value == before.Value)
            {
                // Until something else was measured, which the client who left has not seen.
            }
        }

        var restarted = TimeProvider.System.GetUtcNow().UtcDateTime;
        await using var second = await StartAsync();
        await using (var session = await ConnectAsync(second))
        {
            var (values, handle) = Values();
            await session.TakeOverAsync(kept, Durable, handle, _cancellation);
            var waited = await NextGoodAsync(values);
            Assert.InRange(waited.SourceTimestamp, left, restarted);
            // And what the device measures now comes after it.
            while ((await NextGoodAsync(values)).SourceTimestamp < restarted)
            {
            }
        }
    }

    private Task<RunningDemo> StartAsync() => DemoCommand.StartAsync(Path.Combine(_folder, "demo"), port: 0, NullLoggerFactory.Instance, TimeProvider.System);

    // Passwords are made at each start; the user is the same.
    private Task<UaSession> ConnectAsync(RunningDemo demo)
    {
        var store = new TrustListStore(Path.Combine(_folder, "client"), TimeProvider.System);
        var certificate = store.LoadOwn() ?? store.SaveOwn(new CertificateFactory(TimeProvider.System).CreateSelfSigned(new CertificateSubject { Name = "test", ApplicationUri = "urn:test:client", Hosts = ["localhost"] }));
        var pki = new TrustListStore(Path.Combine(_folder, "demo", "pki"), TimeProvider.System);
        pki.Trust(certificate.Certificate);
        using var server = pki.LoadOwn()!;
        store.Trust(server.Certificate);
        var client = new UaClient(new UaClientOptions { Certificate = certificate, Validator = new CertificateValidator(store, TimeProvider.System) });
        var password = demo.Users.Passwords.First(known => known.Name == User).Password;
        return client.ConnectAsync($"opc.tcp://localhost:{demo.Portal.Addresses[0].Port}", EndpointChoice.Strongest, UserIdentity.Password(User, password), _cancellation);
    }

    private static (Channel<DataValue> Values, Func<SubscriptionMessage, ValueTask> Handle) Values()
    {
        var values = Channel.CreateUnbounded<DataValue>();
        return (values, Handle);

        ValueTask Handle(SubscriptionMessage message)
        {
            foreach (var (_, value) in (message as DataMessage)?.Changes ?? []) values.Writer.TryWrite(value);
            return ValueTask.CompletedTask;
        }
    }

    private async Task<DataValue> NextGoodAsync(Channel<DataValue> values)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(_cancellation);
        late.CancelAfter(Patience);
        while (true)
        {
            var value = await values.Reader.ReadAsync(late.Token);
            if (value.StatusCode.IsGood) return value;
        }
    }
}
