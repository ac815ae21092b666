using OpcPortal.Ua.Client;
using Spectre.Console;

namespace OpcPortal.Cli;

/// <summary>What a command has around it; tests give their own.</summary>
internal sealed record CliContext
{
    /// <summary>What was asked for.</summary>
    public required IAnsiConsole Output { get; init; }

    /// <summary>Whatever else there is to say: a script that reads the output is not disturbed.</summary>
    public required IAnsiConsole Error { get; init; }

    /// <summary>Whether a table may be redrawn in place.</summary>
    public bool IsLive { get; init; }

    /// <summary>Whether somebody can be asked for a password.</summary>
    public bool CanAsk { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;
    public UaConnector Connector { get; init; } = TcpTransport.ConnectAsync;
    public Func<string, string?> Environment { get; init; } = System.Environment.GetEnvironmentVariable;

    /// <summary>A line that no width cuts.</summary>
    public void WriteLine(string line)
    {
        Output.Profile.Out.Writer.WriteLine(line);
        Output.Profile.Out.Writer.Flush();
    }

    public void Note(string text) => Error.MarkupLine($"[grey]{Markup.Escape(text)}[/]");
}
