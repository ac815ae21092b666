using System.CommandLine;
using System.Threading.Channels;
using OpcPortal.Cli.Connecting;
using OpcPortal.Cli.Values;
using OpcPortal.Ua;
using OpcPortal.Ua.Client;
using Spectre.Console;

namespace OpcPortal.Cli.Commands;

/// <summary><c>opcportal events</c>: events as they occur, a line each. Goes on over lost connections.</summary>
internal static class EventsCommand
{
    private const int MaxWaiting = 10_000;
    private const uint QueueSize = 1000;
    private static readonly string[] DefaultFields = ["Time", "Severity", "SourceName", "Message"];

    public static Command Create(CliContext context, ConnectionOptions options)
    {
        var node = new Argument<string>("node") { Description = "Whose events; without it, all of the server.", DefaultValueFactory = _ => "i=2253" };
        var fields = new Option<string[]>("--fields") { Description = "Fields to show, such as Message or 2:Device/2:Name.", DefaultValueFactory = _ => DefaultFields, AllowMultipleArgumentsPerToken = true };
        var severity = new Option<ushort>("--severity") { Description = "The least severity, 1 to 1000.", DefaultValueFactory = _ => 0 };
        var stop = new Stop();
        var command = new Command("events", "Shows events as they occur.") { node, fields, severity };
        stop.AddTo(command);
        command.Run(context, options, async (parsed, settings, cancellation) =>
        {
            await using var session = await Connector.ConnectAsync(context, settings, cancellation);
            Connector.TellAboutConnection(new Notices(context, isHeld: false), session);
            using var until = stop.Start(context, parsed, cancellation);
            var names = (parsed.GetValue(fields) ?? []).SelectMany(f => f.Split(',')).Where(f => f.Length > 0).ToArray();
            var events = Channel.CreateBounded<EventOccurrence>(MaxWaiting);
            await SubscribeAsync(context, session, events.Writer, parsed.GetRequiredValue(node), Filter(names, parsed.GetValue(severity)), until.Token);
            try
            {
                for (var left = stop.Count(parsed); left > 0; left--)
                {
                    var occurred = await events.Reader.ReadAsync(until.Token);
                    if (settings.Json) context.WriteLine(Json(names, occurred));
                    else Show(context, names, occurred);
                }
            }
            catch (OperationCanceledException) when (until.IsCancellationRequested)
            {
                // The end of it is to be stopped.
            }

            events.Writer.TryComplete();
            return ExitCodes.Done;
        });
        return command;
    }

    private static async Task SubscribeAsync(CliContext context, UaSession session, ChannelWriter<EventOccurrence> events, string address, EventFilter filter, CancellationToken cancellation)
    {
        var node = await NodeAddress.ResolveAsync(session, address, cancellation);
        var subscription = await session.SubscribeAsync(new SubscriptionOptions { PublishingInterval = TimeSpan.FromMilliseconds(500) }, message => HandleAsync(context, events, message, cancellation), cancellation);
        var item = await subscription.AddAsync(new MonitoredItemOptions { NodeId = node, AttributeId = AttributeIds.EventNotifier, QueueSize = QueueSize, Filter = filter }, cancellation);
        if (item.Status.IsBad) throw new CliException(ExitCodes.Refused, $"The server gives no events of {address}: {item.Status}.", "An object that notifies of events is wanted, such as the server itself: i=2253");
        context.Note("Waiting for events ...");
    }

    private static async ValueTask HandleAsync(CliContext context, ChannelWriter<EventOccurrence> events, SubscriptionMessage message, CancellationToken cancellation)
    {
        if (message is LossMessage loss) context.Note($"Events since {ValueText.Format(loss.From)} may be missing.");
        if (message is not EventMessage occurred) return;
        foreach (var one in occurred.Events)
            if (await events.WaitToWriteAsync(cancellation)) events.TryWrite(one);
    }

    private static EventFilter Filter(IReadOnlyList<string> fields, ushort severity)
    {
        var filter = EventFields.Filter(fields);
        if (severity == 0) return filter;
        // Part 4 7.7.3: the operands of an element are the field and the least value.
        filter.WhereClause = new ContentFilter
        {
            Elements =
            [
                new ContentFilterElement
                {
                    FilterOperator = FilterOperator.GreaterThanOrEqual,
                    FilterOperands = [new ExtensionObject(EventFields.Filter("Severity").SelectClauses![0]), new ExtensionObject(new LiteralOperand { Value = severity })],
                },
            ],
        };
        return filter;
    }

    private static void Show(CliContext context, string[] names, EventOccurrence occurred)
    {
        var parts = occurred.Fields.Zip(names, (value, name) => (Name: name, Text: value.Type == BuiltInType.DateTime ? ValueText.Format(value.AsDateTime()) : ValueText.Format(value)));
        context.Output.MarkupLine(string.Join("  ", parts.Select(p => DefaultFields.Contains(p.Name) ? Color(p.Name, p.Text, occurred, names) : $"[grey]{Markup.Escape(p.Name)}=[/]{Markup.Escape(p.Text)}")));
    }

    private static string Color(string name, string text, EventOccurrence occurred, string[] names)
    {
        if (name != "Severity") return name == "Message" ? $"[bold]{Markup.Escape(text)}[/]" : Markup.Escape(text);
        var severity = occurred.Fields[Array.IndexOf(names, name)].TryGetNumber(out var number) ? number : 0;
        // Part 9 E.1.2: urgency in thirds of the range.
        return severity > 666 ? $"[red]{text,4}[/]" : severity > 333 ? $"[yellow]{text,4}[/]" : $"[green]{text,4}[/]";
    }

    private static string Json(string[] names, EventOccurrence occurred) => ValueJson.Document(
        json =>
        {
            json.WriteStartObject();
            foreach (var (name, value) in names.Zip(occurred.Fields))
            {
                json.WritePropertyName(name);
                ValueJson.Write(json, value.ToObject());
            }

            json.WriteEndObject();
        },
        isLine: true);
}
