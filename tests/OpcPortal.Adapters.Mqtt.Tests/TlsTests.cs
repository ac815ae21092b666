using System.Security.Cryptography.X509Certificates;
using OpcPortal.Adapters.Simulation.Mqtt;
using OpcPortal.Models;

namespace OpcPortal.Adapters.Mqtt.Tests;

public sealed class TlsTests(Certificates certificates) : IClassFixture<Certificates>
{
    private const string Meter = """ "topic": "em", "points": { "ActivePower": {} } """;

    [Fact]
    public async Task A_broker_whose_certificate_a_configured_authority_issued_is_trusted()
    {
        await using var rig = new AdapterRig(new EmbeddedBrokerOptions { Certificate = certificates.Broker });
        await rig.StartAsync(Meter, $$"""  "tls": { "ca": {{certificates.Json("ca.pem")}} } """);
        await rig.SubscribedAsync("em");
        await rig.Broker.PublishAsync("em", "1");
        await rig.WaitForAsync("ActivePower", reading => reading.Status == ReadingStatus.Good);
    }

    [Fact]
    public async Task A_broker_of_another_authority_is_refused()
    {
        await using var rig = new AdapterRig(new EmbeddedBrokerOptions { Certificate = certificates.Broker });
        await rig.StartAsync(Meter, $$"""  "tls": { "ca": {{certificates.Json("stranger-ca.pem")}} } """);
        await RefusedAsync(rig);
    }

    [Fact]
    public async Task A_broker_that_only_the_system_could_trust_is_refused_where_the_system_does_not()
    {
        await using var rig = new AdapterRig(new EmbeddedBrokerOptions { Certificate = certificates.Broker });
        await rig.StartAsync(Meter, """ "tls": { "checkRevocation": false } """);
        await RefusedAsync(rig);
    }

    [Fact]
    public async Task A_certificate_for_another_host_is_refused_though_the_authority_is_trusted()
    {
        await using var rig = new AdapterRig(new EmbeddedBrokerOptions { Certificate = certificates.Elsewhere });
        await rig.StartAsync(Meter, $$"""  "tls": { "ca": {{certificates.Json("ca.pem")}} } """);
        await RefusedAsync(rig);
    }

    [Fact]
    public async Task A_broker_that_wants_a_clients_certificate_gets_it_and_refuses_those_without()
    {
        var options = new EmbeddedBrokerOptions { Certificate = certificates.Broker, ClientAuthorities = [certificates.Authority] };
        await using (var without = new AdapterRig(options))
        {
            await without.StartAsync(Meter, $$"""  "tls": { "ca": {{certificates.Json("ca.pem")}} } """);
            await RefusedAsync(without);
        }

        await using var rig = new AdapterRig(options);
        await rig.StartAsync(Meter, $$"""  "tls": { "ca": {{certificates.Json("ca.pem")}}, "clientCert": {{certificates.Json("client.pem")}}, "clientKey": {{certificates.Json("client.key")}} } """);
        await rig.SubscribedAsync("em");
        await rig.Broker.PublishAsync("em", "1");
        await rig.WaitForAsync("ActivePower", reading => reading.Status == ReadingStatus.Good);
    }

    private static async Task RefusedAsync(AdapterRig rig)
    {
        await rig.Sink.WaitForStateAsync(0, CommunicationState.Offline);
        Assert.NotNull(rig.Sink.ReasonOf(0));
        await rig.WaitForAsync("ActivePower", reading => reading.Status == ReadingStatus.BadNoCommunication);
        Assert.DoesNotContain(rig.Sink.Readings, reading => reading.Status == ReadingStatus.Good);
    }
}
