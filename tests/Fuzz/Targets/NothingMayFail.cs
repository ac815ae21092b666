using Microsoft.Extensions.Logging;

namespace OpcPortal.Fuzz.Targets;

/// <summary>A log for services under fuzzing: one that fails in a way it did not foresee says so to its log, and answers all the same.</summary>
internal sealed class NothingMayFail<T> : ILogger<T>
{
    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;
    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel)) throw new FuzzException(formatter(state, exception), exception);
    }
}
