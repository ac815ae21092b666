using System.Collections.Concurrent;
using OpcPortal.Models;
using OpcPortal.Ua;

namespace OpcPortal.Server.Tests;

/// <summary>Who saw or commanded what of whose is told to the disclosure log. portal-model.md: Evidence.</summary>
public sealed class DisclosureTests
{
    private const Operations All = Operations.Browse | Operations.Read | Operations.Write | Operations.Call;

    private readonly Log _log = new();

    [Fact]
    public async Task What_is_read_written_and_called_is_told_with_its_owner_and_the_agreement()
    {
        await using var server = await GovernedServer.StartAsync(_log);
        await server.ApplyAsync(server.Agreement("a1", "anna", "aggregator", All, new AccessScope { DataClasses = ["LoadState"] }));
        var client = await server.ConnectAsync("aggregator");
        await client.StatusAsync(server.Node("anna@oak-1/heater/SwitchState", GovernedServer.Residents));
        await client.WriteAsync(server.Node("anna@oak-1/heater/TemperatureSetpoint", GovernedServer.Residents), 55.0);
        await client.CallMethodAsync(server.Node("anna@oak-1/heater", GovernedServer.Residents), server.Node("anna@oak-1/heater/Open", GovernedServer.Residents));
        Assert.Equal([Operations.Read, Operations.Write, Operations.Call], _log.All.Select(told => told.Operation));
        Assert.All(_log.All, told =>
        {
            Assert.Equal(("aggregator", "anna", "anna", "oak-1", "heater", "LoadState"), (told.Who.Entity, told.Owner, told.Customer, told.Portal, told.Device, told.DataClass));
            var decision = told.Explain();
            Assert.True(decision.IsAllowed);
            Assert.Equal("a1", decision.Rule);
        });
    }

    [Fact]
    public async Task The_same_is_told_once_an_hour_and_what_describes_never()
    {
        await using var server = await GovernedServer.StartAsync(_log);
        var client = await server.ConnectAsync("anna");
        for (var i = 0; i < 3; i++)
        {
            await client.StatusAsync(server.Node("anna@oak-1/heater/SwitchState", GovernedServer.Residents));
            await client.StatusAsync(server.Node("anna@oak-1/heater/TemperatureSetpoint", GovernedServer.Residents));
            await client.StatusAsync(server.Node("anna@oak-1/heater/WaterTemperature/EngineeringUnits", GovernedServer.Residents));
            await client.StatusAsync(server.Node("oak-1/meter/Manufacturer", GovernedServer.Utility));
        }

        Assert.Single(_log.All);
        // A change of rules tells nothing twice.
        await server.ApplyAsync(server.Agreement("a1", "anna", "aggregator", All));
        await client.StatusAsync(server.Node("anna@oak-1/heater/SwitchState", GovernedServer.Residents));
        Assert.Single(_log.All);
        await client.StatusAsync(server.Node("oak-1/meter/ActivePower", GovernedServer.Utility));
        Assert.Equal(["LoadState", "Energy"], _log.All.Select(told => told.DataClass));
        for (var minute = 0; minute < 60; minute++)
        {
            server.Time.Advance(TimeSpan.FromMinutes(1));
            if (minute % 5 == 0) await client.RenewAsync();
        }

        await client.StatusAsync(server.Node("anna@oak-1/heater/SwitchState", GovernedServer.Residents));
        Assert.Equal(3, _log.All.Count);
    }

    [Fact]
    public async Task What_is_refused_is_told_as_such_once_an_hour_and_of_nobody_never()
    {
        await using var server = await GovernedServer.StartAsync(_log);
        var node = server.Node("oak-1/meter/ActivePower", GovernedServer.Utility);
        var client = await server.ConnectAsync("aggregator");
        // What may not be browsed, then what may be browsed and not read: the same is refused.
        Assert.Equal("BadNodeIdUnknown", await client.StatusAsync(node));
        await server.ApplyAsync(server.Agreement("a1", "utility", "aggregator", Operations.Browse));
        Assert.Equal("BadUserAccessDenied", await client.StatusAsync(node));
        var refused = Assert.Single(_log.All);
        Assert.Equal((true, "aggregator", Operations.Read, "Energy"), (refused.IsRefused, refused.Who.Entity, refused.Operation, refused.DataClass));
        Assert.False(refused.Explain().IsAllowed);
        await (await server.ConnectAsync("nobody")).StatusAsync(node);
        Assert.Single(_log.All);
        await server.ApplyAsync(server.Agreement("a1", "utility", "aggregator", Operations.Browse | Operations.Read));
        await client.StatusAsync(node);
        Assert.Equal([true, false], _log.All.Select(told => told.IsRefused));
    }

    private sealed class Log : IDisclosureSink
    {
        private readonly ConcurrentQueue<Disclosure> _all = new();

        public IReadOnlyCollection<Disclosure> All => _all;

        public void Disclosed(Disclosure disclosure) => _all.Enqueue(disclosure);
    }
}
