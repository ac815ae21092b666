using Microsoft.Extensions.Logging;

namespace OpcPortal.Ua.Server;

/// <summary>The operations of one request that run beside each other. One that fails, fails alone. Part 4 7.38.</summary>
internal static partial class Operations
{
    /// <summary>Waits for all, whatever becomes of any of them.</summary>
    /// <param name="failed">The result of an operation that ended with a status and nothing else.</param>
    public static async ValueTask<OperationResults<T>> CompleteAsync<T>(ValueTask<T>[] pending, Func<StatusCode, T> failed, ILogger logger)
    {
        var results = new T[pending.Length];
        OperationCanceledException? cancelled = null;
        for (var i = 0; i < pending.Length; i++)
        {
            try
            {
                results[i] = await pending[i].ConfigureAwait(false);
            }
            catch (OperationCanceledException stopped)
            {
                cancelled = stopped;
                results[i] = failed(StatusCodes.BadRequestInterrupted);
            }
            catch (ServiceException refused)
            {
                results[i] = failed(refused.Status);
            }
            catch (Exception failure)
            {
                LogFailed(logger, i, failure);
                results[i] = failed(StatusCodes.BadInternalError);
            }
        }

        return new OperationResults<T>(results, cancelled);
    }

    /// <summary>Runs one operation of a request whose others do not depend on it.</summary>
    /// <param name="index">Its number in the request, for the log.</param>
    /// <exception cref="OperationCanceledException">The request was cancelled.</exception>
    public static async ValueTask<T> TryAsync<T>(Func<ValueTask<T>> operation, Func<StatusCode, T> failed, ILogger logger, int index)
    {
        try
        {
            return await operation().ConfigureAwait(false);
        }
        catch (ServiceException refused)
        {
            return failed(refused.Status);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            LogFailed(logger, index, failure);
            return failed(StatusCodes.BadInternalError);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Operation {Index} of a request failed")]
    private static partial void LogFailed(ILogger logger, int index, Exception failure);
}

/// <summary>What came of the operations of a request.</summary>
/// <param name="Items">A result for each.</param>
/// <param name="Cancelled">Set where the request was cancelled while one of them ran.</param>
internal readonly record struct OperationResults<T>(T[] Items, OperationCanceledException? Cancelled)
{
    /// <summary>A request that was cancelled is answered with a fault, by the dispatcher.</summary>
    /// <exception cref="OperationCanceledException">The request was cancelled.</exception>
    public void ThrowIfCancelled()
    {
        if (Cancelled is not null) throw new OperationCanceledException(Cancelled.Message, Cancelled, Cancelled.CancellationToken);
    }
}
