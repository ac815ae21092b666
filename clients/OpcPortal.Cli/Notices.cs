namespace OpcPortal.Cli;

/// <summary>What is to be said while a command runs: on standard error, or, where a table is redrawn in place, below it, for a line between would tear it.</summary>
internal sealed class Notices(CliContext context, bool isHeld)
{
    private const int Shown = 3;

    private readonly Lock _gate = new();
    private readonly Queue<string> _last = new();

    public void Add(string text)
    {
        if (!isHeld)
        {
            context.Note(text);
            return;
        }

        lock (_gate)
        {
            if (_last.Count == Shown) _last.Dequeue();
            _last.Enqueue($"{context.Time.GetUtcNow():HH:mm:ss}Z {text}");
        }
    }

    /// <summary>The last ones, a line each.</summary>
    public IReadOnlyList<string> Last
    {
        get
        {
            lock (_gate) return [.. _last];
        }
    }
}
