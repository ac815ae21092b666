using Microsoft.Extensions.Logging;

namespace OpcPortal.Server.Tests;

/// <summary>A log that a test looks at.</summary>
internal sealed class Lines : ILogger<ReadingStore>
{
    public List<string> Written { get; } = [];

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (Written) Written.Add(formatter(state, exception));
    }
}
