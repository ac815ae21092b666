using Microsoft.Extensions.Time.Testing;

namespace OpcPortal.Adapters.Modbus.Tests;

/// <summary>One connection in memory, with time in the test's hand.</summary>
public sealed class ClientTests : IAsyncDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly FakeTimeProvider _time = new();
    private readonly ScriptedField _field = new();
    private readonly CancellationTokenSource _stop = new();
    private ModbusClient _client = null!;
    private Task _running = Task.CompletedTask;

    private async Task ConnectAsync(int maxOutstanding = 1)
    {
        _client = new ModbusClient(await _field.ConnectAsync(CancellationToken.None), Timeout, maxOutstanding, _time);
        _running = _client.RunAsync(_stop.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _client.DisposeAsync();
        _stop.Dispose();
    }

    private async Task<(ExceptionCode Exception, string Data)> AskAsync(int address, byte unit = 1, bool urgent = false, CancellationToken cancellation = default)
    {
        var data = new byte[2];
        var answer = await _client.SendAsync(unit, ModbusRequest.Read(ModbusTable.Holding, address, 1), data, urgent, cancellation);
        return (answer.Exception, Convert.ToHexString(data.AsSpan(0, answer.Length)));
    }

    private async Task AdvanceUntilAsync(Task done)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!done.IsCompleted && TimeProvider.System.GetElapsedTime(start) < Patience)
        {
            _time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Yield();
        }
    }

    [Fact]
    public async Task An_answer_goes_to_whoever_asked_in_whatever_order_answers_come()
    {
        await ConnectAsync(maxOutstanding: 3);
        var asked = Enumerable.Range(10, 3).Select(address => AskAsync(address)).ToArray();
        var received = new[] { await _field.NextAsync(), await _field.NextAsync(), await _field.NextAsync() };
        foreach (var request in received.Reverse()) await request.AnswerRegistersAsync(request.Request.Address);
        Assert.Equal(["000A", "000B", "000C"], (await Task.WhenAll(asked).WaitAsync(Patience)).Select(answer => answer.Data));
    }

    [Fact]
    public async Task No_more_requests_are_under_way_than_allowed_and_who_waits_is_served_in_order()
    {
        await ConnectAsync(maxOutstanding: 2);
        var asked = Enumerable.Range(1, 4).Select(address => AskAsync(address)).ToArray();
        var first = await _field.NextAsync();
        var second = await _field.NextAsync();
        Assert.False(_field.HasNext);
        await second.AnswerRegistersAsync(2);
        await asked[1].WaitAsync(Patience);
        var third = await _field.NextAsync();
        Assert.Equal([1, 2, 3], new[] { first, second, third }.Select(request => (int)request.Request.Address));
        await first.AnswerRegistersAsync(1);
        await third.AnswerRegistersAsync(3);
        await (await _field.NextAsync()).AnswerRegistersAsync(4);
        await Task.WhenAll(asked).WaitAsync(Patience);
    }

    [Fact]
    public async Task What_is_urgent_goes_before_polls_that_wait_longer()
    {
        await ConnectAsync();
        var polls = Enumerable.Range(1, 3).Select(address => AskAsync(address)).ToArray();
        var first = await _field.NextAsync();
        var command = AskAsync(99, urgent: true);
        await first.AnswerRegistersAsync(1);
        var next = await _field.NextAsync();
        Assert.Equal(99, next.Request.Address);
        await next.AnswerRegistersAsync(9);
        await command.WaitAsync(Patience);
        await (await _field.NextAsync()).AnswerRegistersAsync(2);
        await (await _field.NextAsync()).AnswerRegistersAsync(3);
        await Task.WhenAll(polls).WaitAsync(Patience);
    }

    [Fact]
    public async Task A_late_answer_is_dropped_and_never_taken_for_the_answer_to_the_next_request()
    {
        await ConnectAsync();
        var slow = AskAsync(1);
        var late = await _field.NextAsync();
        await AdvanceUntilAsync(slow);
        await Assert.ThrowsAsync<TimeoutException>(() => slow);

        var next = AskAsync(1);
        var request = await _field.NextAsync();
        Assert.NotEqual(late.Header.Transaction, request.Header.Transaction);
        await late.AnswerRegistersAsync(0xDEAD);
        await request.AnswerRegistersAsync(0x0001);
        Assert.Equal("0001", (await next.WaitAsync(Patience)).Data);
        Assert.Equal(1, _client.Unexpected);
    }

    [Fact]
    public async Task An_answer_of_another_unit_fails_just_that_request()
    {
        await ConnectAsync();
        var asked = AskAsync(1, unit: 7);
        await (await _field.NextAsync()).AnswerAsync([3, 2, 0, 1], unit: 8);
        await Assert.ThrowsAsync<ModbusProtocolException>(() => asked.WaitAsync(Patience));

        var next = AskAsync(1, unit: 7);
        await (await _field.NextAsync()).AnswerRegistersAsync(5);
        Assert.Equal("0005", (await next.WaitAsync(Patience)).Data);
        Assert.False(_client.IsLost);
    }

    [Fact]
    public async Task A_stream_without_frames_is_given_up_and_only_who_waits_for_an_answer_is_told_of_garbage()
    {
        await ConnectAsync();
        var asked = AskAsync(1);
        var waiting = AskAsync(2);
        await (await _field.NextAsync()).Connection.SendAsync("HTTP/1.1 400\r\n"u8.ToArray());
        await Assert.ThrowsAsync<ModbusProtocolException>(() => asked.WaitAsync(Patience));
        await Assert.ThrowsAsync<IOException>(() => waiting.WaitAsync(Patience));
        await Assert.ThrowsAsync<ModbusProtocolException>(() => _running.WaitAsync(Patience));
        Assert.True(_client.IsLost);
    }

    [Fact]
    public async Task A_closed_connection_fails_all_who_wait_and_all_who_come_later()
    {
        await ConnectAsync();
        var asked = AskAsync(1);
        (await _field.NextAsync()).Connection.Close();
        await Assert.ThrowsAsync<IOException>(() => asked.WaitAsync(Patience));
        await Assert.ThrowsAsync<IOException>(() => AskAsync(2).WaitAsync(Patience));
    }

    [Fact]
    public async Task Answers_are_found_wherever_the_stream_is_cut()
    {
        await ConnectAsync(maxOutstanding: 2);
        var asked = new[] { AskAsync(1), AskAsync(2) };
        var received = new[] { await _field.NextAsync(), await _field.NextAsync() };
        byte[] both = [.. received.SelectMany(request => new byte[] { 0, (byte)request.Header.Transaction, 0, 0, 0, 5, 1, 3, 2, 0, (byte)request.Request.Address })];
        foreach (var part in both) await received[0].Connection.SendAsync([part]);
        Assert.Equal(["0001", "0002"], (await Task.WhenAll(asked).WaitAsync(Patience)).Select(answer => answer.Data));
    }

    [Fact]
    public async Task Who_gives_up_waiting_leaves_the_connection_sound()
    {
        await ConnectAsync();
        using var giveUp = new CancellationTokenSource();
        var asked = AskAsync(1, cancellation: giveUp.Token);
        var request = await _field.NextAsync();
        var waiting = AskAsync(2, cancellation: giveUp.Token);
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked.WaitAsync(Patience));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WaitAsync(Patience));
        await request.AnswerRegistersAsync(0xDEAD);

        var next = AskAsync(3);
        await (await _field.NextAsync()).AnswerRegistersAsync(3);
        Assert.Equal("0003", (await next.WaitAsync(Patience)).Data);
    }
}
