using System.CommandLine;
using System.Threading.Channels;
using OpcPortal.Cli.Connecting;
using OpcPortal.Cli.Values;
using OpcPortal.Ua;
using OpcPortal.Ua.Client;
using Spectre.Console;

namespace OpcPortal.Cli.Commands;

/// <summary><c>opcportal watch</c>: values as they change; a table that lives, or a line for each change where nobody looks. Goes on over lost connections.</summary>
internal static class WatchCommand
{
    // Changes that wait to be shown; a terminal that is slower than the server makes the server wait.
    private const int MaxWaiting = 10_000;

    // More often than this nobody sees.
    private static readonly TimeSpan Redraw = TimeSpan.FromMilliseconds(100);

    private sealed class Row(string address, EnumDefinition? names, string? unit)
    {
        public string Address => address;
        public string Text(in DataValue value) => ValueText.Format(value.Value, names, unit);
        public DataValue Value { get; private set; } = DataValue.FromStatus(StatusCodes.BadWaitingForInitialData);
        public Sparkline Trend { get; } = new();
        public int Changes { get; private set; }

        public void Take(in DataValue value)
        {
            Value = value;
            Changes++;
            if (value.Value.TryGetNumber(out var number)) Trend.Add(number);
        }
    }

    private readonly record struct Line(Row Row, DataValue Value);

    public static Command Create(CliContext context, ConnectionOptions options)
    {
        var nodes = new Argument<string[]>("nodes") { Description = "ns=2;s=name, nsu=uri;s=name or /Objects/2:Name.", Arity = ArgumentArity.OneOrMore };
        var interval = new Option<double>("--interval", "-i") { Description = "Seconds between two reports.", DefaultValueFactory = _ => 1 };
        var stop = new Stop();
        var command = new Command("watch", "Watches values change.") { nodes, interval };
        stop.AddTo(command);
        command.Run(context, options, async (parsed, settings, cancellation) =>
        {
            await using var session = await Connector.ConnectAsync(context, settings, cancellation);
            var isLive = context.IsLive && !settings.Json;
            var notices = new Notices(context, isLive);
            Connector.TellAboutConnection(notices, session);
            using var until = stop.Start(context, parsed, cancellation);
            var lines = Channel.CreateBounded<Line>(MaxWaiting);
            var rows = await SubscribeAsync(notices, session, lines.Writer, parsed.GetRequiredValue(nodes), TimeSpan.FromSeconds(parsed.GetValue(interval)), until.Token);
            try
            {
                if (isLive) await ShowAsync(context, notices, session, rows, lines.Reader, stop.Count(parsed), until.Token);
                else await PrintAsync(context, lines.Reader, settings.Json, stop.Count(parsed), until.Token);
            }
            catch (OperationCanceledException) when (until.IsCancellationRequested)
            {
                // The end of a watch is to be stopped.
            }

            lines.Writer.TryComplete();
            return ExitCodes.Done;
        });
        return command;
    }

    private static async Task<Row[]> SubscribeAsync(Notices notices, UaSession session, ChannelWriter<Line> lines, string[] addresses, TimeSpan interval, CancellationToken cancellation)
    {
        var nodes = new List<NodeId>();
        foreach (var address in addresses) nodes.Add(await NodeAddress.ResolveAsync(session, address, cancellation));
        var types = await VariableType.ReadAsync(session, nodes, cancellation);
        Row[] rows = [.. addresses.Zip(types, (address, type) => new Row(address, type.DataType?.Enumeration, type.Unit))];
        var subscription = await session.SubscribeAsync(new SubscriptionOptions { PublishingInterval = interval }, message => HandleAsync(notices, lines, message, cancellation), cancellation);
        var items = await subscription.AddAsync(nodes.Select((id, i) => new MonitoredItemOptions { NodeId = id, QueueSize = 100, Tag = rows[i] }), cancellation);
        foreach (var (item, row) in items.Zip(rows))
            if (item.Status.IsBad) throw new CliException(ExitCodes.Refused, $"The server does not watch {row.Address}: {item.Status}.", $"See what it is: opcportal read {row.Address} --attribute NodeClass");
        return rows;
    }

    private static async ValueTask HandleAsync(Notices notices, ChannelWriter<Line> lines, SubscriptionMessage message, CancellationToken cancellation)
    {
        switch (message)
        {
            case DataMessage data:
                foreach (var change in data.Changes)
                    if (await lines.WaitToWriteAsync(cancellation)) lines.TryWrite(new Line((Row)change.Item.Options.Tag!, change.Value));
                break;
            case LossMessage { Reason: LossReason.NotKept } loss:
                notices.Add($"{loss.Messages} reports of the server are lost.");
                break;
            case LossMessage loss:
                notices.Add($"The server had dropped the subscription; changes since {ValueText.Format(loss.From)} may be missing.");
                break;
            case SubscriptionStateMessage { State: SubscriptionState.Late }:
                notices.Add("The server reports nothing, though it answers.");
                break;
        }
    }

    private static async Task PrintAsync(CliContext context, ChannelReader<Line> lines, bool json, int count, CancellationToken cancellation)
    {
        while (count-- > 0)
        {
            var (row, value) = await lines.ReadAsync(cancellation);
            context.WriteLine(json ? Json(row, value) : $"{ValueText.Format(value.SourceTimestamp)}  {row.Address}  {row.Text(value)}  {value.StatusCode}");
        }
    }

    private static string Json(Row row, DataValue value) => ValueJson.Document(
        json =>
        {
            json.WriteStartObject();
            json.WriteString("node", row.Address);
            ValueJson.WriteMembers(json, value);
            json.WriteEndObject();
        },
        isLine: true);

    private static async Task ShowAsync(CliContext context, Notices notices, UaSession session, Row[] rows, ChannelReader<Line> lines, int count, CancellationToken cancellation)
    {
        await context.Output.Live(Draw(context, notices, session, rows)).AutoClear(false).StartAsync(async live =>
        {
            while (count > 0)
            {
                while (count > 0 && lines.TryRead(out var line))
                {
                    line.Row.Take(line.Value);
                    count--;
                }

                live.UpdateTarget(Draw(context, notices, session, rows));
                // Changes are gathered for a moment, and the times on the screen go on without any.
                await Task.Delay(Redraw, context.Time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (cancellation.IsCancellationRequested) return;
            }
        });
    }

    private static Table Draw(CliContext context, Notices notices, UaSession session, Row[] rows)
    {
        var state = session.State == SessionState.Connected ? "[green]connected[/]" : "[red]reconnecting[/]";
        var now = context.Time.GetUtcNow().UtcDateTime;
        var table = new Table().Border(TableBorder.Rounded).Title($"{Markup.Escape(session.Endpoint.Url.OriginalString)}  {state}  {now:HH:mm:ss}Z").Caption($"[grey]{Markup.Escape(string.Join('\n', notices.Last.Append("Ctrl-C ends")))}[/]");
        table.AddColumns(new TableColumn("Node"), new TableColumn("Value").RightAligned(), new TableColumn("Trend").Width(Sparkline.Width).NoWrap(), new TableColumn("Status"), new TableColumn("Source time").NoWrap(), new TableColumn("Changes").RightAligned());
        foreach (var row in rows)
        {
            table.AddRow(
                new Text(row.Address), new Text(row.Text(row.Value), new Style(decoration: Decoration.Bold)), new Text(row.Trend.ToString(), new Style(Color.Aqua)),
                ReadCommand.StatusText(row.Value.StatusCode), new Text(ValueText.Format(row.Value.SourceTimestamp)), new Text($"{row.Changes}"));
        }

        return table;
    }
}
