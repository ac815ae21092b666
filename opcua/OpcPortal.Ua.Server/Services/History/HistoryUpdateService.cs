using Microsoft.Extensions.Logging;

namespace OpcPortal.Ua.Server;

/// <summary>HistoryUpdate: changes what is known of the past. Each of the details is one operation, done in their order. Part 4 5.11.5, Part 11 6.9.</summary>
public sealed class HistoryUpdateService(AccessController access, ValueTypeCheck types, IAuditor auditor, OperationLimits limits, ILogger<HistoryUpdateService> logger)
    : Service<HistoryUpdateRequest, HistoryUpdateResponse>
{
    protected override async ValueTask<HistoryUpdateResponse> InvokeAsync(ServiceContext context, HistoryUpdateRequest request)
    {
        var changes = Check(request);
        var turn = new HistoryUpdateTurn(context, access, types, auditor, limits);
        // Thousands of values may be looked up and stored: not in the loop that serves all requests of the connection.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var results = new HistoryUpdateResult[changes.Length];
        for (var i = 0; i < changes.Length; i++)
            results[i] = changes[i] is { } change ? await ApplyAsync(change, turn, i).ConfigureAwait(false) : Failed(WhyUnknown(request.HistoryUpdateDetails![i]));
        return new HistoryUpdateResponse { Results = results };
    }

    private HistoryChange?[] Check(HistoryUpdateRequest request)
    {
        OperationLimits.Check(request.HistoryUpdateDetails, limits.MaxNodesPerHistoryUpdateData);
        var changes = Array.ConvertAll(request.HistoryUpdateDetails!, HistoryChange.Of);
        var events = changes.Count(static c => c is { IsOfEvents: true });
        var size = changes.Sum(static c => (long)(c?.Size ?? 0));
        if (events > limits.MaxNodesPerHistoryUpdateEvents || size > limits.MaxHistoryChangesPerRequest) throw new ServiceException(StatusCodes.BadTooManyOperations);
        return changes;
    }

    private async ValueTask<HistoryUpdateResult> ApplyAsync(HistoryChange change, HistoryUpdateTurn turn, int index)
    {
        try
        {
            var result = await Operations.TryAsync(() => change.ApplyAsync(turn), Failed, logger, index).ConfigureAwait(false);
            change.Audit(turn, result);
            return result;
        }
        catch (OperationCanceledException)
        {
            // How far it came is not known: auditors are told that it was tried.
            change.Audit(turn, Failed(StatusCodes.BadRequestInterrupted));
            throw;
        }
    }

    // Part 4 5.11.5.3.
    private static StatusCode WhyUnknown(ExtensionObject? details) =>
        details is { TypeId.IsNull: false } ? StatusCodes.BadHistoryOperationUnsupported : StatusCodes.BadHistoryOperationInvalid;

    private static HistoryUpdateResult Failed(StatusCode status) => new() { StatusCode = status };
}
