using OpcPortal.Cli;
using Spectre.Console;

// Spectre.Console wraps at 80 columns where nobody looks; a script wants whole lines.
const int RedirectedWidth = 4096;

var output = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Out) });
var error = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
if (Console.IsOutputRedirected) output.Profile.Width = RedirectedWidth;
if (Console.IsErrorRedirected) error.Profile.Width = RedirectedWidth;
return await CommandLine.RunAsync(new CliContext
{
    Output = output,
    Error = error,
    IsLive = !Console.IsOutputRedirected && output.Profile.Capabilities.Ansi,
    CanAsk = !Console.IsInputRedirected && !Console.IsErrorRedirected,
}, args);
