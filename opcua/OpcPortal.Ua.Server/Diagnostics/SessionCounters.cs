namespace OpcPortal.Ua.Server;

public sealed partial class Session
{
    /// <summary>What diagnostics count of this session.</summary>
    internal SessionCounters Counters { get; } = new();
}

/// <summary>Counts of one session's requests, in total and by service. Thread-safe. Part 5 12.12 (SessionDiagnosticsDataType).</summary>
internal sealed class SessionCounters
{
    // Users that one session remembers: a client that changes users more often is a test.
    private const int MaxUsers = 16;

    private readonly Lock _gate = new();
    private readonly int[] _totals = new int[CountedServices.Count];
    private readonly int[] _errors = new int[CountedServices.Count];
    private int _total;
    private int _totalErrors;
    private int _unauthorized;
    private string?[] _users = [];

    public uint Unauthorized => (uint)Volatile.Read(ref _unauthorized);

    public ServiceCounterDataType Total => Counter(ref _total, ref _totalErrors);

    /// <summary>The users' names, in the order in which they took the session over; the first fall out when there are too many.</summary>
    public string?[] Users
    {
        get
        {
            lock (_gate) return _users;
        }
    }

    public ServiceCounterDataType Of(int slot) => Counter(ref _totals[slot], ref _errors[slot]);

    public void Count(int slot, bool isError, bool isUnauthorized)
    {
        Interlocked.Increment(ref _total);
        if (isError) Interlocked.Increment(ref _totalErrors);
        if (isUnauthorized) Interlocked.Increment(ref _unauthorized);
        if (slot < 0) return;
        Interlocked.Increment(ref _totals[slot]);
        if (isError) Interlocked.Increment(ref _errors[slot]);
    }

    public void CountUser(string? name)
    {
        lock (_gate)
        {
            if (_users.Length > 0 && _users[^1] == name) return;
            _users = [.. _users.AsSpan(Math.Max(0, _users.Length - MaxUsers + 1)), name];
        }
    }

    private static ServiceCounterDataType Counter(ref int total, ref int errors) => new() { TotalCount = (uint)Volatile.Read(ref total), ErrorCount = (uint)Volatile.Read(ref errors) };
}
