using System.Text.Json.Nodes;
using Microsoft.Extensions.Time.Testing;
using MQTTnet;
using OpcPortal.Adapters.TestKit;
using OpcPortal.Models;

namespace OpcPortal.Adapters.Mqtt.Tests;

public sealed class OutcomeTests
{
    private const string Load = """
        "baseTopic": "site/l1", "topic": "~", "points": {
          "SwitchState": { "path": "on", "format": "bool" },
          "PowerLimit": { "path": "limit", "writable": { "topic": "~/limit", "template": "${value}", "confirm": { "timeout": "5 s" } } } },
        "commands": {
          "Shed": { "topic": "~/rpc", "payload": { "id": "$id", "do": "shed" }, "response": { "topic": "~/rpc/answer", "correlation": "id", "ok": { "path": "result", "value": "ok" }, "timeout": "5 s" } },
          "Open": { "topic": "~/open", "payload": "1", "confirm": { "point": "SwitchState", "value": false, "timeout": "5 s" } } }
        """;

    private static readonly InvokeCommand Shed = new(0, "Shed", []) { Id = "order-1/1" };

    private static async Task<AdapterRig> StartAsync(TimeProvider? time = null)
    {
        var rig = new AdapterRig { Time = time ?? TimeProvider.System };
        await rig.StartAsync(Load);
        await rig.StartDeviceAsync("site");
        await rig.SubscribedAsync("site/l1");
        await rig.Broker.PublishAsync("site/l1", """{ "on": true, "limit": 9 }""");
        await rig.WaitForAsync("SwitchState", reading => reading.Status == ReadingStatus.Good);
        return rig;
    }

    private static Task AnswerAsync(AdapterRig rig, string result = "ok", string id = "order-1/1") =>
        rig.Broker.PublishAsync("site/l1/rpc/answer", $$"""{ "id": "{{id}}", "result": "{{result}}" }""");

    /// <summary>What the device is sent on a topic, which it does nothing about.</summary>
    private static System.Threading.Channels.ChannelReader<MqttApplicationMessage> Listen(AdapterRig rig, string topic)
    {
        var sent = System.Threading.Channels.Channel.CreateUnbounded<MqttApplicationMessage>();
        rig.Answers[topic] = message => sent.Writer.WriteAsync(message).AsTask();
        return sent.Reader;
    }

    private static Task<MqttApplicationMessage> NextAsync(System.Threading.Channels.ChannelReader<MqttApplicationMessage> sent) => sent.ReadAsync().AsTask().WaitAsync(ContractLimits.Patience);

    private static async Task<CommandOutcome> TimeOutAsync(FakeTimeProvider time, Task<CommandOutcome> command)
    {
        while (!command.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        return await command;
    }

    [Fact]
    public async Task A_command_is_sent_with_its_own_id_at_QoS_1_not_retained_and_expires_when_nobody_waits_for_it_any_more()
    {
        await using var rig = await StartAsync();
        var sent = Listen(rig, "site/l1/rpc");
        var command = rig.CarryOutAsync(Shed);
        var message = await NextAsync(sent);
        Assert.Equal("order-1/1", JsonNode.Parse(AdapterRig.Text(message))!["id"]!.GetValue<string>());
        Assert.Equal((MQTTnet.Protocol.MqttQualityOfServiceLevel.AtLeastOnce, false), (message.QualityOfServiceLevel, message.Retain));
        Assert.InRange(message.MessageExpiryInterval, 1u, 5u);
        await AnswerAsync(rig);
        Assert.Equal(CommandResult.Confirmed, (await command.WaitAsync(ContractLimits.Patience)).Result);
        Assert.Equal(0, rig.Unawaited.Waiting);
    }

    [Fact]
    public async Task A_deadline_that_comes_before_the_devices_time_is_over_is_when_the_command_expires()
    {
        var time = new FakeTimeProvider();
        await using var rig = await StartAsync(time);
        var sent = Listen(rig, "site/l1/rpc");
        Assert.Equal(CommandOutcome.Expired, await rig.CarryOutAsync(Shed with { Deadline = time.GetUtcNow().UtcDateTime }));
        var command = rig.CarryOutAsync(Shed with { Deadline = time.GetUtcNow().UtcDateTime.AddSeconds(2) });
        Assert.InRange((await NextAsync(sent)).MessageExpiryInterval, 1u, 2u);
        await AnswerAsync(rig);
        Assert.Equal(CommandResult.Confirmed, (await command.WaitAsync(ContractLimits.Patience)).Result);
    }

    [Fact]
    public async Task An_answer_that_comes_too_late_is_told_as_late_and_the_command_is_not_sent_again()
    {
        var time = new FakeTimeProvider();
        await using var rig = await StartAsync(time);
        var sent = Listen(rig, "site/l1/rpc");
        var command = rig.CarryOutAsync(Shed);
        await NextAsync(sent);
        Assert.Equal((CommandResult.Failed, ReadingStatus.BadTimeout), await TimeOutAsync(time, command) is var outcome ? (outcome.Result, outcome.Status) : default);

        await AnswerAsync(rig);
        var (device, id, late) = await rig.Unawaited.NextAsync();
        Assert.Equal((0, "order-1/1", CommandResult.Late, ReadingStatus.Good), (device, id, late.Result, late.Status));
        var again = await rig.CarryOutAsync(Shed);
        Assert.Equal((CommandResult.Late, ReadingStatus.GoodCompletesAsynchronously), (again.Result, again.Status));
        Assert.Equal(0, sent.Count);
    }

    [Fact]
    public async Task A_second_answer_is_told_as_a_duplicate_and_changes_nothing()
    {
        await using var rig = await StartAsync();
        rig.Answers["site/l1/rpc"] = _ => AnswerAsync(rig);
        Assert.Equal(CommandResult.Confirmed, (await rig.CarryOutAsync(Shed)).Result);
        await AnswerAsync(rig, "no");
        var (_, id, second) = await rig.Unawaited.NextAsync();
        Assert.Equal(("order-1/1", CommandResult.Duplicate, ReadingStatus.BadDeviceFailure), (id, second.Result, second.Status));
        Assert.Equal(CommandResult.Duplicate, (await rig.CarryOutAsync(Shed)).Result);
    }

    [Fact]
    public async Task A_command_that_was_carried_out_is_not_sent_again_by_its_id_and_one_that_the_device_refused_is()
    {
        await using var rig = await StartAsync();
        var count = 0;
        rig.Answers["site/l1/rpc"] = _ => AnswerAsync(rig, ++count == 1 ? "busy" : "ok");
        Assert.Equal((CommandResult.Failed, ReadingStatus.BadDeviceFailure), await rig.CarryOutAsync(Shed) is var refused ? (refused.Result, refused.Status) : default);
        Assert.Equal(CommandResult.Confirmed, (await rig.CarryOutAsync(Shed)).Result);
        var again = await rig.CarryOutAsync(Shed);
        Assert.Equal((CommandResult.Duplicate, ReadingStatus.Good, 2), (again.Result, again.Status, count));
    }

    [Fact]
    public async Task Several_commands_are_under_way_at_a_device_and_each_gets_its_own_answer()
    {
        await using var rig = await StartAsync();
        var sent = Listen(rig, "site/l1/rpc");
        var first = rig.CarryOutAsync(Shed);
        await NextAsync(sent);
        var second = rig.CarryOutAsync(Shed with { Id = "order-2/1" });
        await NextAsync(sent);
        // The same command twice at once could not be told apart.
        Assert.Equal(ReadingStatus.BadResourceUnavailable, (await rig.CarryOutAsync(Shed)).Status);
        await AnswerAsync(rig, "no", "order-2/1");
        Assert.Equal(CommandResult.Failed, (await second.WaitAsync(ContractLimits.Patience)).Result);
        Assert.False(first.IsCompleted);
        await AnswerAsync(rig);
        Assert.Equal(CommandResult.Confirmed, (await first.WaitAsync(ContractLimits.Patience)).Result);
    }

    [Fact]
    public async Task A_device_that_goes_on_showing_something_else_contradicts_and_a_silent_one_has_failed()
    {
        var time = new FakeTimeProvider();
        await using var rig = await StartAsync(time);
        var sent = Listen(rig, "site/l1/open");
        var open = rig.CarryOutAsync(new InvokeCommand(0, "Open", []));
        await NextAsync(sent);
        rig.Sink.Clear();
        await rig.Broker.PublishAsync("site/l1", """{ "on": true }""");
        await rig.WaitForAsync("SwitchState", reading => reading.Status == ReadingStatus.Good);
        var outcome = await TimeOutAsync(time, open);
        Assert.Equal((CommandResult.Contradicted, ReadingStatus.BadTimeout, PointValue.From(true)), (outcome.Result, outcome.Status, outcome.Shown));

        open = rig.CarryOutAsync(new InvokeCommand(0, "Open", []));
        await NextAsync(sent);
        outcome = await TimeOutAsync(time, open);
        Assert.Equal((CommandResult.Failed, ReadingStatus.BadTimeout), (outcome.Result, outcome.Status));
    }

    [Fact]
    public async Task A_command_that_the_device_shows_is_confirmed_with_what_it_shows()
    {
        await using var rig = await StartAsync();
        rig.Answers["site/l1/open"] = _ => rig.Broker.PublishAsync("site/l1", """{ "on": false }""");
        Assert.Equal(new CommandOutcome(CommandResult.Confirmed, ReadingStatus.Good, PointValue.From(false)), await rig.CarryOutAsync(new InvokeCommand(0, "Open", [])));
    }

    [Fact]
    public void What_is_remembered_of_commands_is_bounded_and_the_oldest_go_first()
    {
        var configuration = Configurations.Device(Load, "\"host\": \"h\"");
        var map = new FieldMap(configuration.Devices, ConnectionSettings.Read(configuration.Connection, "p"), TimeProvider.System, new RecordedHealth());
        var mapping = map.Commands[(0, "Shed")].Mapping;
        var given = new GivenAnswers();
        for (var i = 0; i <= GivenAnswers.MaxRemembered; i++) given.Add(mapping, $"{i}", 0, ReadingStatus.Good);
        Assert.Equal(GivenAnswers.MaxRemembered, given.Count);
        Assert.Null(given.Find(mapping, "0"));
        Assert.NotNull(given.Find(mapping, "1"));
    }
}
