using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Time.Testing;
using MQTTnet;
using OpcPortal.Adapters.TestKit;
using OpcPortal.Models;

namespace OpcPortal.Adapters.Mqtt.Tests;

public sealed class CommandTests
{
    private const string Thermostat = """
        "baseTopic": "z2m/t1", "topic": "~", "status": { "topic": "~/availability" }, "points": {
          "TemperatureSetpoint": { "path": "setpoint", "scale": 0.5, "writable": { "topic": "~/set", "template": { "setpoint": "${value}", "by": "portal" }, "confirm": true } },
          "OperatingMode": { "path": "mode", "format": "uint", "map": { "off": 0, "heat": 1 }, "writable": { "topic": "~/set/mode", "template": "${value}", "confirm": { "timeout": "5 s" } } },
          "Name": { "path": "name", "format": "text", "writable": { "topic": "~/set", "template": { "name": "<${value}>" } } },
          "RoomTemperature": { "path": "temperature" } },
        "commands": {
          "Boost": { "topic": "~/rpc", "payload": { "id": "$id", "minutes": "$0", "why": "$1 $$" },
                     "response": { "topic": "~/rpc/answer", "correlation": "id", "ok": { "path": "result", "value": "ok" }, "timeout": "5 s" } },
          "Reset": { "topic": "~/reset", "payload": "1", "response": { "topic": "~/reset/answer", "ok": { "value": "done" } } },
          "Call": { "topic": "~/call", "payload": "x", "response": { "topic": "~/call/answer", "correlation": true } },
          "Off": { "topic": "~/set/mode", "payload": "off", "confirm": { "point": "OperatingMode", "value": 0 } },
          "Blink": { "topic": "~/blink", "payload": "1" } }
        """;

    [Fact]
    public async Task A_set_point_is_written_as_the_template_says_and_confirmed_by_the_devices_own_value()
    {
        await using var rig = await StartAsync();
        var sent = new TaskCompletionSource<string>();
        rig.Answers["z2m/t1/set"] = async message =>
        {
            sent.SetResult(AdapterRig.Text(message));
            await rig.Broker.PublishAsync("z2m/t1", """{ "setpoint": 43 }""");
        };
        Assert.Equal(ReadingStatus.Good, await rig.WriteAsync("TemperatureSetpoint", PointValue.From(21.5)));
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse("""{ "setpoint": 43, "by": "portal" }"""), JsonNode.Parse(await sent.Task)));
        await rig.WaitForAsync("TemperatureSetpoint", reading => reading.Value == PointValue.From(21.5));
    }

    [Fact]
    public async Task A_mapped_value_is_written_in_the_devices_word()
    {
        await using var rig = await StartAsync();
        var sent = new TaskCompletionSource<string>();
        rig.Answers["z2m/t1/set/mode"] = async message =>
        {
            sent.SetResult(AdapterRig.Text(message));
            await rig.Broker.PublishAsync("z2m/t1", """{ "mode": "heat" }""");
        };
        Assert.Equal(ReadingStatus.Good, await rig.WriteAsync("OperatingMode", PointValue.From(1ul)));
        Assert.Equal("heat", await sent.Task);
        Assert.Equal(ReadingStatus.BadOutOfRange, await rig.WriteAsync("OperatingMode", PointValue.From(7ul)));
    }

    [Fact]
    public async Task A_text_cannot_break_out_of_its_place_in_a_JSON_template()
    {
        await using var rig = await StartAsync();
        var sent = new TaskCompletionSource<string>();
        rig.Answers["z2m/t1/set"] = message =>
        {
            sent.SetResult(AdapterRig.Text(message));
            return Task.CompletedTask;
        };
        const string Hostile = "x\", \"setpoint\": 99, \"y\": \"";
        Assert.Equal(ReadingStatus.GoodCompletesAsynchronously, await rig.WriteAsync("Name", PointValue.From(Hostile)));
        var payload = Assert.Single(JsonNode.Parse(await sent.Task)!.AsObject());
        Assert.Equal(("name", $"<{Hostile}>"), (payload.Key, payload.Value!.GetValue<string>()));
    }

    [Theory]
    [InlineData("RoomTemperature", ReadingStatus.BadNotWritable)]
    [InlineData("TemperatureSetpoint", ReadingStatus.BadTypeMismatch)]
    public async Task What_cannot_be_written_is_refused_and_nothing_is_sent(string point, ReadingStatus expected)
    {
        await using var rig = await StartAsync();
        rig.Answers["z2m/t1/set"] = _ => throw new Xunit.Sdk.XunitException("Something was sent.");
        Assert.Equal(expected, await rig.WriteAsync(point, PointValue.From("warm")));
        Assert.Equal(ReadingStatus.BadOutOfRange, await rig.WriteAsync("TemperatureSetpoint", PointValue.From(double.NaN)));
    }

    [Fact]
    public async Task A_command_is_answered_by_the_response_with_its_id_and_by_no_other()
    {
        await using var rig = await StartAsync();
        rig.Answers["z2m/t1/rpc"] = async message =>
        {
            var request = JsonNode.Parse(message.Payload.FirstSpan)!;
            Assert.Equal((15.0, "eco $"), (request["minutes"]!.GetValue<double>(), request["why"]!.GetValue<string>()));
            await rig.Broker.PublishAsync("z2m/t1/rpc/answer", """{ "id": "another", "result": "no" }""");
            await rig.Broker.PublishAsync("z2m/t1/rpc/answer", $$"""{ "id": {{request["id"]!.ToJsonString()}}, "result": "ok" }""");
        };
        Assert.Equal(ReadingStatus.Good, await rig.InvokeAsync("Boost", PointValue.From(15L), PointValue.From("eco")));
    }

    [Fact]
    public async Task A_device_that_answers_no_is_a_device_failure()
    {
        await using var rig = await StartAsync();
        rig.Answers["z2m/t1/reset"] = _ => rig.Broker.PublishAsync("z2m/t1/reset/answer", "busy");
        Assert.Equal(ReadingStatus.BadDeviceFailure, await rig.InvokeAsync("Reset"));
        rig.Answers["z2m/t1/reset"] = _ => rig.Broker.PublishAsync("z2m/t1/reset/answer", "done\n");
        Assert.Equal(ReadingStatus.Good, await rig.InvokeAsync("Reset"));
    }

    [Fact]
    public async Task Under_MQTT_5_the_answer_is_known_by_its_correlation_data()
    {
        await using var rig = await StartAsync();
        rig.Answers["z2m/t1/call"] = async message =>
        {
            Assert.Equal("z2m/t1/call/answer", message.ResponseTopic);
            await rig.Broker.PublishAsync(new MqttApplicationMessage { Topic = message.ResponseTopic, CorrelationData = Encoding.UTF8.GetBytes("another") });
            await rig.Broker.PublishAsync(new MqttApplicationMessage { Topic = message.ResponseTopic, CorrelationData = message.CorrelationData });
        };
        Assert.Equal(ReadingStatus.Good, await rig.InvokeAsync("Call"));
    }

    [Fact]
    public async Task A_command_is_confirmed_by_the_point_that_shows_it()
    {
        await using var rig = await StartAsync();
        rig.Answers["z2m/t1/set/mode"] = _ => rig.Broker.PublishAsync("z2m/t1", """{ "mode": "off" }""");
        Assert.Equal(ReadingStatus.Good, await rig.InvokeAsync("Off"));
    }

    [Fact]
    public async Task A_command_that_the_device_never_answers_times_out_when_its_time_is_over()
    {
        var time = new FakeTimeProvider();
        await using var rig = await StartAsync(time);
        var sent = new TaskCompletionSource();
        rig.Answers["z2m/t1/rpc"] = _ =>
        {
            sent.SetResult();
            return Task.CompletedTask;
        };
        var command = rig.InvokeAsync("Boost", PointValue.From(1L), PointValue.From("x"));
        await sent.Task.WaitAsync(ContractLimits.Patience);
        while (!command.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(5));
            await Task.Yield();
        }

        Assert.Equal(ReadingStatus.BadTimeout, await command);
    }

    [Fact]
    public async Task Without_response_and_confirmation_a_command_is_only_known_to_be_under_way()
    {
        await using var rig = await StartAsync();
        rig.Answers["z2m/t1/blink"] = _ => Task.CompletedTask;
        Assert.Equal(ReadingStatus.GoodCompletesAsynchronously, await rig.InvokeAsync("Blink"));
        Assert.Equal(ReadingStatus.BadConfigurationError, await rig.InvokeAsync("Boost", PointValue.From(1L)));
    }

    [Fact]
    public async Task A_command_that_nobody_listens_to_is_told_so_by_the_broker()
    {
        await using var rig = new AdapterRig();
        await rig.StartAsync(""" "topic": "t", "points": { "X": {} }, "commands": { "Blink": { "topic": "nobody/blink", "payload": "1" } } """);
        await rig.SubscribedAsync("t");
        await rig.Broker.PublishAsync("t", "1");
        await rig.WaitForAsync("X", reading => reading.Status == ReadingStatus.Good);
        // MQTT 5.0 3.4.2.1: reason 0x10, no matching subscribers.
        Assert.Equal(ReadingStatus.BadNoCommunication, await rig.InvokeAsync("Blink"));
    }

    [Fact]
    public async Task Commands_to_a_device_that_is_offline_are_refused_and_not_kept_for_later()
    {
        await using var rig = await StartAsync();
        await rig.Broker.PublishAsync("z2m/t1/availability", "offline", retain: true);
        await rig.Sink.WaitForStateAsync(0, CommunicationState.Offline);
        rig.Answers["z2m/t1/blink"] = _ => throw new Xunit.Sdk.XunitException("Something was sent.");
        Assert.Equal(ReadingStatus.BadNoCommunication, await rig.InvokeAsync("Blink"));
        Assert.Equal(ReadingStatus.BadNoCommunication, await rig.WriteAsync("TemperatureSetpoint", PointValue.From(20.0)));
    }

    [Fact]
    public async Task A_command_under_way_ends_when_the_broker_is_lost()
    {
        await using var rig = await StartAsync();
        var sent = new TaskCompletionSource();
        rig.Answers["z2m/t1/rpc"] = _ =>
        {
            sent.SetResult();
            return Task.CompletedTask;
        };
        var command = rig.InvokeAsync("Boost", PointValue.From(1L), PointValue.From("x"));
        await sent.Task.WaitAsync(ContractLimits.Patience);
        await rig.Broker.StopAsync();
        Assert.True(await command is ReadingStatus.BadNoCommunication or ReadingStatus.BadCommunicationError);
    }

    private static async Task<AdapterRig> StartAsync(TimeProvider? time = null)
    {
        var rig = new AdapterRig { Time = time ?? TimeProvider.System };
        await rig.StartAsync(Thermostat);
        await rig.StartDeviceAsync("z2m");
        await rig.SubscribedAsync("z2m/t1");
        await rig.Broker.PublishAsync("z2m/t1", """{ "temperature": 19 }""");
        await rig.WaitForAsync("RoomTemperature", reading => reading.Status == ReadingStatus.Good);
        return rig;
    }
}
