using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.Server.Tests;
using House = OpcPortal.Server.Tests.ControlServiceTests.House;

namespace OpcPortal.Server.Tests;

/// <summary>Control over the wire: the methods of the object Control, and what is wrong in each bad call.</summary>
public sealed class ControlObjectTests
{
    private const Operations Commanding = Operations.Browse | Operations.Call;
    private const string Heater = "oak-1/heater";

    private static readonly CancellationToken Cancellation = TestContext.Current.CancellationToken;

    private static NodeId Id(House house, uint number) => house.Server.Node(number, ModelLoader.PortalUri);

    private static Task<(CallMethodResult Result, string? Reason)> CallAsync(House house, WireClient client, uint method, params Variant[] arguments) =>
        AgreementServer.CallAsync(client, Id(house, 5120), Id(house, method), arguments);

    private static Variant[] Shed(Guid id, string[] devices, int measure = 0, double value = 0, DateTime start = default, double duration = 1_800_000) =>
    [
        new Variant(id), new Variant(devices), new Variant(Array.Empty<string>()), new Variant(Array.Empty<string>()), new Variant(Array.Empty<string>()), measure, value, start, duration, 0.0, 0.0, 0.0, false, "peak",
    ];

    private static async Task<(House House, WireClient Client)> OpenAsync()
    {
        var house = await House.OpenAsync();
        await house.Server.ApplyAsync(house.Server.Agreement("a-1", "anna", "aggregator", Commanding));
        return (house, await house.Server.ConnectEncryptedAsync("aggregator"));
    }

    [Fact]
    public async Task A_shed_is_carried_out_followed_and_cancelled_by_its_id()
    {
        var (house, client) = await OpenAsync();
        await using var opened = house;
        var id = Guid.NewGuid();
        var (shed, reason) = await CallAsync(house, client, 7180, Shed(id, [Heater]));
        Assert.Equal((StatusCodes.Good, null), (shed.StatusCode.Code, reason));
        Assert.Equal((1u, 0.002, ""), (shed.OutputArguments![0].AsUInt32(), shed.OutputArguments[1].AsDouble(), shed.OutputArguments[2].AsString()));
        await house.Control.IdleAsync();
        Assert.Equal(["Open"], house.Invoked);
        var (status, _) = await CallAsync(house, client, 7185, new Variant(id), 0u, 0u);
        Assert.Equal([1u, 0u, 1u, 0u, 0u], status.OutputArguments![..5].Select(static count => count.AsUInt32()));
        Assert.Single(status.OutputArguments[5].AsArray<ExtensionObject>()!);
        var (cancelled, _) = await CallAsync(house, client, 7184, new Variant(id), DateTime.MinValue, 0.0);
        Assert.Equal(1u, cancelled.OutputArguments![0].AsUInt32());
        await house.Control.IdleAsync();
        Assert.Equal(["Open", "Close"], house.Invoked);
    }

    [Fact]
    public async Task The_same_call_again_to_begin_now_is_the_same_request()
    {
        var (house, client) = await OpenAsync();
        await using var opened = house;
        var id = Guid.NewGuid();
        Assert.Equal(StatusCodes.Good, (await CallAsync(house, client, 7180, Shed(id, [Heater]))).Result.StatusCode.Code);
        house.Server.Time.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal(StatusCodes.Good, (await CallAsync(house, client, 7180, Shed(id, [Heater]))).Result.StatusCode.Code);
        Assert.Equal(StatusCodes.BadEntryExists, (await CallAsync(house, client, 7180, Shed(id, [Heater], duration: 60_000))).Result.StatusCode.Code);
        await house.Control.IdleAsync();
        Assert.Equal(["Open"], house.Invoked);
    }

    [Theory]
    [InlineData(0, 0, -60_000, StatusCodes.BadOutOfRange, "negative")]
    [InlineData(0, 0, double.NaN, StatusCodes.BadOutOfRange, "NaN")]
    [InlineData(0, 0, double.PositiveInfinity, StatusCodes.BadOutOfRange, "is none")]
    [InlineData(0, 0, 0, StatusCodes.BadOutOfRange, "0 s")]
    [InlineData(1, 101, 60_000, StatusCodes.BadOutOfRange, "duty cycle")]
    [InlineData(4, 20, 60_000, StatusCodes.BadInvalidArgument, "Shed does not go with SetPoint")]
    [InlineData(0, 0, 60_000, StatusCodes.Good, null)]
    public async Task A_measure_or_duration_that_makes_no_sense_is_refused_with_what_is_wrong(int measure, double value, double duration, uint status, string? reason)
    {
        var (house, client) = await OpenAsync();
        await using var opened = house;
        var (result, text) = await CallAsync(house, client, 7180, Shed(Guid.NewGuid(), [Heater], measure, value, duration: duration));
        Assert.Equal(status, result.StatusCode.Code);
        if (reason is not null) Assert.Contains(reason, text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Windows_that_are_over_unknown_devices_and_missing_ids_are_refused()
    {
        var (house, client) = await OpenAsync();
        await using var opened = house;
        Assert.Equal(StatusCodes.BadInvalidTimestamp, (await CallAsync(house, client, 7180, Shed(Guid.NewGuid(), [Heater], start: house.Server.Now.AddHours(-2)))).Result.StatusCode.Code);
        Assert.Equal(StatusCodes.BadNotFound, (await CallAsync(house, client, 7180, Shed(Guid.NewGuid(), ["oak-9/heater"]))).Result.StatusCode.Code);
        Assert.Equal(StatusCodes.BadInvalidArgument, (await CallAsync(house, client, 7180, Shed(Guid.Empty, [Heater]))).Result.StatusCode.Code);
        Assert.Equal(StatusCodes.BadInvalidArgument, (await CallAsync(house, client, 7180, Shed(Guid.NewGuid(), []))).Result.StatusCode.Code);
        Assert.Empty(house.Invoked);
    }

    [Fact]
    public async Task Arguments_of_a_wrong_type_are_named_and_an_enumeration_holds_its_values()
    {
        var (house, client) = await OpenAsync();
        await using var opened = house;
        var wrong = Shed(Guid.NewGuid(), [Heater]);
        wrong[8] = "half an hour";
        var (result, _) = await CallAsync(house, client, 7180, wrong);
        Assert.Equal(StatusCodes.BadInvalidArgument, result.StatusCode.Code);
        Assert.Equal(StatusCodes.BadTypeMismatch, result.InputArgumentResults![8].Code);
        Assert.True((await CallAsync(house, client, 7180, Shed(Guid.NewGuid(), [Heater], measure: 9))).Result.StatusCode.IsBad);
        Assert.Empty(house.Invoked);
    }

    [Fact]
    public async Task What_is_over_cannot_be_cancelled_and_what_is_anothers_is_unknown()
    {
        var (house, client) = await OpenAsync();
        await using var opened = house;
        var id = Guid.NewGuid();
        await CallAsync(house, client, 7180, Shed(id, [Heater]));
        await house.Control.IdleAsync();
        var other = await house.Server.ConnectEncryptedAsync("bert");
        Assert.Equal(StatusCodes.BadNotFound, (await CallAsync(house, other, 7184, new Variant(id), DateTime.MinValue, 0.0)).Result.StatusCode.Code);
        Assert.Equal(StatusCodes.BadNotFound, (await CallAsync(house, other, 7185, new Variant(id), 0u, 0u)).Result.StatusCode.Code);
        Assert.Equal(StatusCodes.Good, (await CallAsync(house, client, 7184, new Variant(id), DateTime.MinValue, 0.0)).Result.StatusCode.Code);
        await house.Control.IdleAsync();
        Assert.True((await CallAsync(house, client, 7184, new Variant(id), DateTime.MinValue, 0.0)).Result.StatusCode.IsBad);
    }

    [Fact]
    public async Task A_rehearsal_tells_what_would_be_and_sends_nothing()
    {
        var (house, client) = await OpenAsync();
        await using var opened = house;
        var (rehearsed, _) = await CallAsync(house, client, 7182, Shed(Guid.NewGuid(), [Heater]));
        Assert.Equal((1u, 0.002), (rehearsed.OutputArguments![0].AsUInt32(), rehearsed.OutputArguments[1].AsDouble()));
        await house.Control.IdleAsync();
        Assert.Empty(house.Invoked);
    }

    [Fact]
    public async Task Who_lives_there_opts_out_and_in_and_nobody_else_does()
    {
        var (house, client) = await OpenAsync();
        await using var opened = house;
        await CallAsync(house, client, 7180, Shed(Guid.NewGuid(), [Heater]));
        await house.Control.IdleAsync();
        Assert.Equal(StatusCodes.BadNotFound, (await CallAsync(house, client, 7186, Heater, 0.0)).Result.StatusCode.Code);
        var anna = await house.Server.ConnectEncryptedAsync("anna");
        Assert.Equal(1u, (await CallAsync(house, anna, 7186, Heater, 0.0)).Result.OutputArguments![0].AsUInt32());
        await house.Control.IdleAsync();
        Assert.Equal(["Open", "Close"], house.Invoked);
    }

    [Fact]
    public async Task A_supply_switch_is_operated_only_when_armed_for_it()
    {
        var (house, _) = await OpenAsync();
        await using var opened = house;
        var utility = await house.Server.ConnectEncryptedAsync("utility");
        var (refused, reason) = await CallAsync(house, utility, 7189, new Variant(Guid.NewGuid()), "oak-1/plant", "unpaid");
        Assert.Equal(StatusCodes.BadUserAccessDenied, refused.StatusCode.Code);
        Assert.Contains("not armed", reason, StringComparison.Ordinal);
        Assert.Equal(StatusCodes.Good, (await CallAsync(house, utility, 7188, "oak-1/plant", false)).Result.StatusCode.Code);
        Assert.Equal(StatusCodes.Good, (await CallAsync(house, utility, 7189, new Variant(Guid.NewGuid()), "oak-1/plant", "unpaid")).Result.StatusCode.Code);
        await house.Control.IdleAsync();
        Assert.Equal(["Disconnect"], house.Invoked);
    }

    [Fact]
    public async Task Only_encrypted_channels_command()
    {
        var (house, _) = await OpenAsync();
        await using var opened = house;
        var plain = await house.Server.ConnectAsync("aggregator");
        Assert.Equal(StatusCodes.BadSecurityModeInsufficient, (await CallAsync(house, plain, 7180, Shed(Guid.NewGuid(), [Heater]))).Result.StatusCode.Code);
        Assert.Empty(house.Invoked);
    }
}
