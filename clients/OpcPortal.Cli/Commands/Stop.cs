using System.CommandLine;

namespace OpcPortal.Cli.Commands;

/// <summary>When watch and events end by themselves.</summary>
internal sealed class Stop
{
    private readonly Option<int?> _count = new("--count", "-n") { Description = "Stops after this many lines." };
    private readonly Option<double?> _seconds = new("--for") { Description = "Stops after this many seconds." };

    public void AddTo(Command command)
    {
        command.Options.Add(_count);
        command.Options.Add(_seconds);
    }

    public int Count(ParseResult parsed) => parsed.GetValue(_count) ?? int.MaxValue;

    /// <summary>Cancelled when the time is over or the user stops it.</summary>
    public CancellationTokenSource Start(CliContext context, ParseResult parsed, CancellationToken cancellation)
    {
        var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        if (parsed.GetValue(_seconds) is { } seconds and > 0 and < 1e9) linked.CancelAfter(TimeSpan.FromSeconds(seconds));
        return linked;
    }
}
