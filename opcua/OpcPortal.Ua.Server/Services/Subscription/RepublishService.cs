namespace OpcPortal.Ua.Server;

/// <summary>Republish: a message that was sent and not acknowledged, once more. Part 4 5.14.6.</summary>
public sealed class RepublishService : Service<RepublishRequest, RepublishResponse>
{
    protected override ValueTask<RepublishResponse> InvokeAsync(ServiceContext context, RepublishRequest request)
    {
        var queue = SubscriptionEngine.QueueOf(context.Session!);
        lock (queue.Gate)
        {
            var subscription = queue.Find(request.SubscriptionId) ?? throw new ServiceException(StatusCodes.BadSubscriptionIdInvalid);
            var message = subscription.Republish(request.RetransmitSequenceNumber) ?? throw new ServiceException(StatusCodes.BadMessageNotAvailable);
            return ValueTask.FromResult(new RepublishResponse { NotificationMessage = message });
        }
    }
}
