using Microsoft.Extensions.Time.Testing;

namespace OpcPortal.Ua.Server.Tests;

public sealed class ServiceContextTests
{
    // Part 4 7.32. The greatest hint is what clients send that want none.
    [Theory]
    [InlineData(0u, false)]
    [InlineData(1_000u, true)]
    [InlineData(uint.MaxValue - 1, false)]
    [InlineData(uint.MaxValue, false)]
    public void A_request_is_cancelled_when_its_timeout_hint_has_passed(uint hint, bool isCancelled)
    {
        var time = new FakeTimeProvider();
        using var context = new ServiceContext(time) { Channel = new Session { Id = new NodeId(1), Name = "s" }.Channel, RequestHeader = new RequestHeader { TimeoutHint = hint }, Now = default };
        var token = context.Cancellation;

        time.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal(isCancelled, token.IsCancellationRequested);
        if (isCancelled) Assert.Equal(StatusCodes.BadTimeout, context.CancellationReason.Code);
    }
}
