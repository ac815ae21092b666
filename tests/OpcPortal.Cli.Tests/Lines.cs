using System.Text;
using System.Threading.Channels;
using Spectre.Console;
using Spectre.Console.Rendering;
using Spectre.Console.Testing;

namespace OpcPortal.Cli.Tests;

/// <summary>What a command prints, line by line, while it runs.</summary>
internal sealed class Lines
{
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();

    public Lines()
    {
        Console = new TestConsole().Width(400);
        Console.Profile.Out = new Tee(Console.Profile.Out.Writer, _lines.Writer);
    }

    public TestConsole Console { get; }

    public async Task<string> NextAsync()
    {
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        return await _lines.Reader.ReadAsync(late.Token);
    }

    public async Task UntilAsync(string text)
    {
        while (!(await NextAsync()).Contains(text, StringComparison.Ordinal)) { }
    }

    private sealed class Tee(TextWriter inner, ChannelWriter<string> lines) : TextWriter, IAnsiConsoleOutput
    {
        private readonly StringBuilder _line = new();

        public TextWriter Writer => this;
        public bool IsTerminal => false;
        public int Width => 400;
        public int Height => 50;
        public override Encoding Encoding => Encoding.UTF8;

        public void SetEncoding(Encoding encoding)
        {
        }

        public override void Write(char value)
        {
            lock (_line)
            {
                inner.Write(value);
                if (value != '\n')
                {
                    _line.Append(value);
                    return;
                }

                lines.TryWrite(_line.ToString().TrimEnd('\r'));
                _line.Clear();
            }
        }
    }
}
