using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;
using OpcPortal.Models;

namespace OpcPortal.Server.Tests;

/// <summary>Agreements end by the clock, and their parties are told beforehand.</summary>
public sealed class AgreementClockTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task It_ends_within_a_second_of_its_end_and_not_before()
    {
        await using var world = await AgreementWorld.CreateAsync();
        await world.ConcludeAsync("17");
        await world.ConcludeAsync("18", AgreementWorld.Terms with { Purpose = "settlement", Period = new ActivePeriod(AgreementWorld.Start, AgreementWorld.Start.AddDays(100).AddSeconds(2)) });
        var expired = Channel.CreateUnbounded<string>();
        world.Directory.Changed += change => expired.Writer.TryWrite(change.Changes[0].Id);
        await using var clock = await StartAsync(world);

        world.Time.Advance(TimeSpan.FromDays(100));

        Assert.Equal("17", await Next(expired));
        Assert.Equal(AgreementStatus.Expired, world.Find("17")!.Status);
        Assert.Equal(AgreementStatus.Active, world.Find("18")!.Status);
        world.Time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("18", await Next(expired));
    }

    [Fact]
    public async Task The_parties_are_told_30_7_and_1_days_before_it_ends_and_once_each()
    {
        await using var world = await AgreementWorld.CreateAsync();
        await world.ConcludeAsync("17");
        var told = Channel.CreateUnbounded<string>();
        await using var clock = await StartAsync(world, agreement => told.Writer.TryWrite($"{agreement.Id} at {(agreement.Terms.Period.Until - world.Now).TotalDays} days"));
        world.Directory.Changed += change => told.Writer.TryWrite($"{change.Changes[0].Id} is {((Agreement)change.Changes[0].After!).Status}");

        foreach (var days in new[] { 70, 23, 6, 1 })
        {
            world.Time.Advance(TimeSpan.FromDays(days));
            Assert.Equal(days switch { 70 => "17 at 30 days", 23 => "17 at 7 days", 6 => "17 at 1 days", _ => "17 is Expired" }, await Next(told));
        }

        Assert.False(told.Reader.TryRead(out _));
    }

    [Fact]
    public async Task What_is_over_is_announced_no_more_and_what_is_renewed_later()
    {
        await using var world = await AgreementWorld.CreateAsync();
        await world.ConcludeAsync("17");
        await world.ConcludeAsync("18", AgreementWorld.Terms with { Purpose = "settlement" });
        await world.ConcludeAsync("19", AgreementWorld.Terms with { Purpose = "audit", Period = new ActivePeriod(AgreementWorld.Start, AgreementWorld.Start.AddDays(100).AddSeconds(1)) });
        var told = Channel.CreateUnbounded<string>();
        await using var clock = await StartAsync(world, agreement => told.Writer.TryWrite(agreement.Id));

        await world.ActAsync("17", world.Customer, AgreementAct.Revoke);
        await world.ActAsync("18", world.Retailer, AgreementAct.Renew, AgreementWorld.Terms with { Purpose = "settlement", Period = new ActivePeriod(AgreementWorld.Start, AgreementWorld.Start.AddDays(200)) });
        await world.ActAsync("18", world.Customer, AgreementAct.Accept);
        world.Time.Advance(TimeSpan.FromDays(70) + TimeSpan.FromSeconds(1));

        Assert.Equal("19", await Next(told));
        Assert.False(told.Reader.TryRead(out _));
    }

    [Fact]
    public async Task A_notice_that_was_missed_while_the_server_stood_still_is_given_when_it_starts()
    {
        await using var world = await AgreementWorld.CreateAsync();
        await world.ConcludeAsync("17");
        world.Time.Advance(TimeSpan.FromDays(80));
        await world.RestartAsync();
        var told = Channel.CreateUnbounded<string>();
        await using var clock = await StartAsync(world, agreement => told.Writer.TryWrite(agreement.Id));
        Assert.Equal("17", await Next(told));
    }

    [Fact]
    public async Task What_ended_while_the_server_stood_still_is_expired_when_it_starts()
    {
        await using var world = await AgreementWorld.CreateAsync();
        await world.ConcludeAsync("17");
        world.Time.Advance(TimeSpan.FromDays(365));
        await world.RestartAsync();
        var expired = Channel.CreateUnbounded<string>();
        world.Directory.Changed += change => expired.Writer.TryWrite(change.Changes[0].Id);
        await using var clock = await StartAsync(world);
        Assert.Equal("17", await Next(expired));
    }

    [Fact]
    public async Task An_expiry_that_could_not_be_stored_is_tried_again()
    {
        await using var world = await AgreementWorld.CreateAsync();
        await world.ConcludeAsync("17");
        var expired = Channel.CreateUnbounded<string>();
        world.Directory.Changed += change => expired.Writer.TryWrite(change.Changes[0].Id);
        world.Store.NextFailure = new StorageException("The disk is full.");
        await using var clock = await StartAsync(world);
        world.Time.Advance(TimeSpan.FromDays(100));
        while (world.Store.NextFailure is not null) await Task.Yield();
        var next = Next(expired);
        while (!next.IsCompleted)
        {
            world.Time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.Equal("17", await next);
    }

    private static async Task<AgreementClock> StartAsync(AgreementWorld world, Action<Agreement>? noticed = null)
    {
        var clock = new AgreementClock(world.Directory, world.Service, world.Options, world.Time, NullLogger.Instance);
        clock.Noticed += noticed;
        clock.Start();
        await Task.Yield();
        return clock;
    }

    private static Task<string> Next(Channel<string> channel) => channel.Reader.ReadAsync().AsTask().WaitAsync(Patience);
}
