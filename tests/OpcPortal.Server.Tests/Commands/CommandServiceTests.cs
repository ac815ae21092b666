using Microsoft.Extensions.Time.Testing;
using OpcPortal.Adapters;
using OpcPortal.Models;
using OpcPortal.Ua;

namespace OpcPortal.Server.Tests;

public sealed class CommandServiceTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly CancellationToken _cancellation = TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_device_that_does_not_answer_is_given_up_at_the_deadline()
    {
        var service = Service((_, _) => new ValueTask<ReadingStatus>(new TaskCompletionSource<ReadingStatus>().Task));
        var pending = service.SetAsync(1, 2, PointValue.From(1.0), _cancellation).AsTask();
        Assert.False(pending.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(StatusCodes.BadTimeout, (await pending).Code);
        Assert.Equal(0, service.UnderWay);
    }

    [Fact]
    public async Task A_client_that_goes_away_ends_its_command()
    {
        using var client = new CancellationTokenSource();
        var service = Service(async (_, token) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, _time, token);
            return ReadingStatus.Good;
        });
        var pending = service.InvokeAsync(1, "Open", [], client.Token).AsTask();
        await client.CancelAsync();
        Assert.Equal(StatusCodes.BadRequestCancelledByClient, (await pending).Code);
    }

    [Fact]
    public async Task One_device_takes_only_so_many_commands_at_once_and_others_are_not_held_up()
    {
        var answers = new List<TaskCompletionSource<ReadingStatus>>();
        var service = Service((_, _) =>
        {
            answers.Add(new TaskCompletionSource<ReadingStatus>());
            return new ValueTask<ReadingStatus>(answers[^1].Task);
        });
        var pending = Enumerable.Range(0, 16).Select(_ => service.SetAsync(1, 2, PointValue.From(1.0), _cancellation).AsTask()).ToArray();
        Assert.Equal(StatusCodes.BadResourceUnavailable, (await service.SetAsync(1, 2, PointValue.From(1.0), _cancellation)).Code);
        var other = service.SetAsync(7, 8, PointValue.From(1.0), _cancellation).AsTask();
        answers.ForEach(answer => answer.SetResult(ReadingStatus.Good));
        Assert.All(await Task.WhenAll([.. pending, other]), status => Assert.True(status.IsGood));
        Assert.Equal(0, service.UnderWay);
    }

    private CommandService Service(Func<DeviceCommand, CancellationToken, ValueTask<ReadingStatus>> route) => new(route, _time, new CommandOptions());
}
