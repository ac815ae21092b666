using Microsoft.Extensions.Logging.Abstractions;
using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.Server.Tests;

namespace OpcPortal.Server.Tests;

/// <summary>Load control over the wire: methods of a device, called by who has an agreement and by who lives there.</summary>
public sealed class DeviceControlTests
{
    private static readonly AccessScope LoadControl = new() { FunctionGroups = ["LoadControl"] };

    private static Variant[] Shed(Guid id, LoadMeasureKind measure = LoadMeasureKind.Off, double value = 0, DateTime start = default, double minutes = 30) =>
        [new Variant(id), (int)measure, value, start, minutes * 60_000, 0.0, 0.0, false, "peak of the evening"];

    private static async Task<CallMethodResult> CallAsync(GovernedServer server, WireClient client, string method, params Variant[] arguments)
    {
        var device = server.Node("anna@oak-1/heater", GovernedServer.Residents);
        var id = server.Node($"anna@oak-1/heater/{method}", GovernedServer.Residents);
        return (await client.CallAsync<CallResponse>(new CallRequest { MethodsToCall = [new CallMethodRequest { ObjectId = device, MethodId = id, InputArguments = arguments }] })).Results![0];
    }

    private static async Task<ControlStatus> StatusAsync(GovernedServer server, WireClient client, Guid id)
    {
        var result = await CallAsync(server, client, "GetRequestStatus", new Variant(id));
        Assert.Equal(StatusCodes.Good, result.StatusCode);
        Assert.Equal(["oak-1/heater"], result.OutputArguments![0].AsArray<string>()!);
        return (ControlStatus)Assert.Single(result.OutputArguments[1].AsArray<byte>()!);
    }

    [Fact]
    public async Task Who_has_an_agreement_sheds_a_device_follows_it_and_cancels_it()
    {
        await using var server = await GovernedServer.StartWithControlAsync();
        await server.ApplyAsync(server.Agreement("a-1", "anna", "aggregator", Operations.Browse | Operations.Call, LoadControl));
        var client = await server.ConnectAsync("aggregator");
        var id = Guid.NewGuid();
        var result = await CallAsync(server, client, "Shed", Shed(id, start: server.Now.AddMinutes(10)));
        Assert.Equal(StatusCodes.Good, result.StatusCode);
        Assert.False(result.OutputArguments![1].AsBoolean());
        Assert.Equal(ControlStatus.Received, await StatusAsync(server, client, id));
        var cancelled = await CallAsync(server, client, "CancelRequest", new Variant(id), default(DateTime), 0.0);
        Assert.Equal((StatusCodes.Good, 1u), (cancelled.StatusCode, cancelled.OutputArguments![0].AsUInt32()));
        Assert.Equal(StatusCodes.BadNotFound, (await CallAsync(server, client, "CancelRequest", new Variant(Guid.NewGuid()), default(DateTime), 0.0)).StatusCode);
    }

    [Fact]
    public async Task Whoever_lives_there_leaves_and_joins_and_an_aggregator_does_not()
    {
        await using var server = await GovernedServer.StartWithControlAsync();
        await server.ApplyAsync(server.Agreement("a-1", "anna", "aggregator", Operations.Browse | Operations.Call, LoadControl));
        var client = await server.ConnectAsync("aggregator");
        var anna = await server.ConnectAsync("anna");
        var id = Guid.NewGuid();
        await CallAsync(server, client, "Shed", Shed(id, start: server.Now.AddMinutes(10)));
        Assert.Equal(StatusCodes.BadUserAccessDenied, (await CallAsync(server, client, "OptOut", 0.0)).StatusCode);
        var left = await CallAsync(server, anna, "OptOut", 0.0);
        Assert.Equal((StatusCodes.Good, 1u), (left.StatusCode, left.OutputArguments![0].AsUInt32()));
        Assert.Equal(ControlStatus.OptOut, await StatusAsync(server, client, id));
        Assert.Equal(StatusCodes.Good, (await CallAsync(server, anna, "OptIn")).StatusCode);
        Assert.Equal(StatusCodes.BadInvalidState, (await CallAsync(server, anna, "OptIn")).StatusCode);
        // What is hers alone is hers to see: not who asked for it.
        Assert.Equal(StatusCodes.BadNotFound, (await CallAsync(server, anna, "GetRequestStatus", new Variant(id))).StatusCode);
    }

    public static TheoryData<string, StatusCode, Variant[]> Wrong => new()
    {
        { "a past window", StatusCodes.BadInvalidTimestamp, Shed(Guid.NewGuid(), start: new DateTime(2001, 1, 1, 0, 0, 0, DateTimeKind.Utc)) },
        { "a negative duration", StatusCodes.BadOutOfRange, Shed(Guid.NewGuid(), minutes: -1) },
        { "no number for a duration", StatusCodes.BadOutOfRange, Shed(Guid.NewGuid(), minutes: double.NaN) },
        { "an endless duration", StatusCodes.BadOutOfRange, Shed(Guid.NewGuid(), minutes: double.MaxValue) },
        { "a duty cycle beyond the whole", StatusCodes.BadOutOfRange, Shed(Guid.NewGuid(), LoadMeasureKind.DutyCycle, 101) },
        { "a measure that there is not", StatusCodes.BadInvalidArgument, Shed(Guid.NewGuid(), (LoadMeasureKind)9) },
        { "no id", StatusCodes.BadInvalidArgument, Shed(Guid.Empty) },
        { "what the device cannot do", StatusCodes.BadNotSupported, Shed(Guid.NewGuid(), LoadMeasureKind.PowerLimit, 1000) },
        { "arguments of wrong types", StatusCodes.BadInvalidArgument, ["now", 0, 0.0, default(DateTime), 1.0, 0.0, 0.0, false, ""] },
        { "too few arguments", StatusCodes.BadArgumentsMissing, [new Variant(Guid.NewGuid())] },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task What_makes_no_sense_has_a_status_of_its_own(string what, StatusCode status, Variant[] arguments)
    {
        await using var server = await GovernedServer.StartWithControlAsync();
        await server.ApplyAsync(server.Agreement("a-1", "anna", "aggregator", Operations.Browse | Operations.Call | Operations.Write));
        var client = await server.ConnectAsync("aggregator");
        Assert.Equal((what, status), (what, (await CallAsync(server, client, "Shed", arguments)).StatusCode));
    }
}
