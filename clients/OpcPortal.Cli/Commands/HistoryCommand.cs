using System.CommandLine;
using System.Reflection;
using System.Runtime.CompilerServices;
using OpcPortal.Cli.Connecting;
using OpcPortal.Cli.Values;
using OpcPortal.Ua;
using OpcPortal.Ua.Client;

namespace OpcPortal.Cli.Commands;

/// <summary><c>opcportal history</c>: the past of a variable, as it is known now, as it was, at given times, in aggregates, with what was said of it; and edits of it.</summary>
internal sealed class HistoryCommand
{
    private const int DefaultCount = 1000;

    private static readonly Dictionary<string, uint> Aggregates = typeof(ObjectIds).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Where(field => field.IsLiteral && field.Name.StartsWith("AggregateFunction_", StringComparison.Ordinal) && field.FieldType == typeof(uint))
        .ToDictionary(field => field.Name["AggregateFunction_".Length..], field => (uint)field.GetRawConstantValue()!, StringComparer.OrdinalIgnoreCase);

    private readonly CliContext _context;
    private readonly Argument<string> _node = new("node") { Description = "ns=2;s=name, nsu=uri;s=name or /Objects/2:Name." };
    private readonly Option<string> _from = new("--from") { Description = $"From when, included: {TimeParser.Help}", DefaultValueFactory = _ => "-1d" };
    private readonly Option<string> _to = new("--to") { Description = "Until when, excluded. Before --from: back in time.", DefaultValueFactory = _ => "now" };
    private readonly Option<int> _count = new("--count", "-n") { Description = "Values at most.", DefaultValueFactory = _ => DefaultCount };
    private readonly Option<bool> _modified = new("--modified") { Description = "The values that were changed or deleted, with what became of them." };
    private readonly Option<string[]> _at = new("--at") { Description = "The values at these times, interpolated where there is none.", AllowMultipleArgumentsPerToken = true };
    private readonly Option<string?> _aggregate = new("--aggregate") { Description = "An aggregate of Part 13, such as Average, for each --interval.", HelpName = "name" };
    private readonly Option<string?> _interval = new("--interval") { Description = "Its length, such as 15m; without it one over all." };
    private readonly Option<bool> _annotations = new("--annotations") { Description = "What people noted on values." };
    private readonly Option<bool> _chain = new("--chain") { Description = "All that was ever said of the quality of each value, at a portal server." };
    private readonly Option<bool> _csv = new("--csv") { Description = "Lines with commas." };

    private HistoryCommand(CliContext context)
    {
        _context = context;
        _aggregate.AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, [.. Aggregates.Keys]);
    }

    public static Command Create(CliContext context, ConnectionOptions options)
    {
        var history = new HistoryCommand(context);
        var command = new Command("history", "Shows the past of a variable.") { history._node, HistoryEditCommand.Create(context, options) };
        foreach (var option in (Option[])[history._from, history._to, history._count, history._modified, history._at, history._aggregate, history._interval, history._annotations, history._chain, history._csv]) command.Options.Add(option);
        command.Run(context, options, history.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, ConnectionSettings settings, CancellationToken cancellation)
    {
        var ways = new[] { parsed.GetValue(_modified), parsed.GetValue(_at) is { Length: > 0 }, parsed.GetValue(_aggregate) is not null, parsed.GetValue(_annotations), parsed.GetValue(_chain) }.Count(wanted => wanted);
        if (ways > 1) throw new CliException(ExitCodes.Usage, "One of --modified, --at, --aggregate, --annotations and --chain is enough.");
        if (settings.Json && parsed.GetValue(_csv)) throw new CliException(ExitCodes.Usage, "Either --json or --csv.");
        await using var session = await Connector.ConnectAsync(_context, settings, cancellation);
        var node = await NodeAddress.ResolveAsync(session, parsed.GetRequiredValue(_node), cancellation);
        var type = (await VariableType.ReadAsync(session, [node], cancellation))[0];
        var output = new HistoryOutput(_context, type, settings.Json ? HistoryForm.Json : parsed.GetValue(_csv) ? HistoryForm.Csv : HistoryForm.Table);
        var limit = Math.Max(1, parsed.GetValue(_count));
        var shown = 0;
        await foreach (var row in RowsAsync(session, parsed, node, cancellation))
        {
            if (shown++ == limit)
            {
                _context.Note($"There is more than {limit}: give --count, or a shorter stretch of time.");
                break;
            }

            output.Add(row);
        }

        output.Complete();
        return ExitCodes.Done;
    }

    private IAsyncEnumerable<HistoryRow> RowsAsync(UaSession session, ParseResult parsed, NodeId node, CancellationToken cancellation)
    {
        var now = _context.Time.GetUtcNow().UtcDateTime;
        var (from, to) = (TimeParser.Time(parsed.GetRequiredValue(_from), now), TimeParser.Time(parsed.GetRequiredValue(_to), now));
        var range = HistoryRange.Between(from, to);
        if (parsed.GetValue(_at) is { Length: > 0 } times) return Plain(session.ReadHistoryAtAsync(node, [.. times.Select(time => TimeParser.Time(time, now))], cancellation: cancellation));
        if (parsed.GetValue(_aggregate) is { } aggregate)
            return Plain(session.ReadProcessedHistoryAsync(node, new NodeId(Aggregates[aggregate]), from, to, parsed.GetValue(_interval) is { } text ? TimeParser.Length(text) : TimeSpan.Zero, cancellation: cancellation));
        if (parsed.GetValue(_modified)) return ModifiedAsync(session, node, range, cancellation);
        if (parsed.GetValue(_annotations)) return AnnotationsAsync(session, node, range, cancellation);
        return parsed.GetValue(_chain) ? ChainsAsync(session, node, range, cancellation) : Plain(session.ReadHistoryAsync(node, range, cancellation: cancellation));
    }

    private static async IAsyncEnumerable<HistoryRow> Plain(IAsyncEnumerable<DataValue> values)
    {
        await foreach (var value in values) yield return new HistoryRow(value);
    }

    private static async IAsyncEnumerable<HistoryRow> ModifiedAsync(UaSession session, NodeId node, HistoryRange range, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await foreach (var (value, by) in session.ReadModifiedHistoryAsync(node, range, cancellation))
            yield return new HistoryRow(value) { Fields = [("Change", by.UpdateType.ToString()), ("At", ValueText.Format(by.ModificationTime)), ("By", by.UserName ?? "")] };
    }

    // Part 11 5.1.2: the property Annotations has a history of its own; what is noted need not be on a value, as that a meter was exchanged.
    private static async IAsyncEnumerable<HistoryRow> AnnotationsAsync(UaSession session, NodeId node, HistoryRange range, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var annotations = await NodeAddress.FollowAsync(session, node, "Annotations", cancellation);
        // Between two times all values, however many annotations are wanted.
        var all = range is { Start: not null, End: not null } ? range with { Count = 0 } : range;
        await using var values = session.ReadHistoryAsync(node, all, cancellation: cancellation).GetAsyncEnumerator(cancellation);
        var hasValue = await values.MoveNextAsync();
        await foreach (var noted in session.ReadHistoryAsync(annotations, range, cancellation: cancellation))
        {
            if (noted.Value.Type != BuiltInType.ExtensionObject || noted.Value.AsStructure<Annotation>() is not { } annotation) continue;
            // Both come in the order of the walk.
            while (hasValue && IsBefore(values.Current.SourceTimestamp, noted.SourceTimestamp, range)) hasValue = await values.MoveNextAsync();
            var value = hasValue && values.Current.SourceTimestamp == noted.SourceTimestamp ? values.Current : default;
            yield return new HistoryRow(value with { SourceTimestamp = noted.SourceTimestamp }) { Fields = [("Noted", annotation.Message ?? ""), ("By", annotation.UserName ?? ""), ("At", ValueText.Format(annotation.AnnotationTime))] };
        }
    }

    // The portal's model: the property Quality of a point has a history of its own, in which each value is the whole chain.
    private static async IAsyncEnumerable<HistoryRow> ChainsAsync(UaSession session, NodeId node, HistoryRange range, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var quality = await NodeAddress.FollowAsync(session, node, "Quality", cancellation);
        await using var chains = session.ReadHistoryAsync(quality, range, cancellation: cancellation).GetAsyncEnumerator(cancellation);
        var hasChain = await chains.MoveNextAsync();
        await foreach (var value in session.ReadHistoryAsync(node, range, cancellation: cancellation))
        {
            // Both come in the order of the walk; who may not see a chain sees the value alone.
            while (hasChain && IsBefore(chains.Current.SourceTimestamp, value.SourceTimestamp, range)) hasChain = await chains.MoveNextAsync();
            yield return hasChain && chains.Current.SourceTimestamp == value.SourceTimestamp ? new HistoryRow(value) { Chain = QualityChainText.Of(chains.Current) } : new HistoryRow(value);
        }
    }

    private static bool IsBefore(DateTime one, DateTime other, HistoryRange range) => range.Start <= range.End ? one < other : one > other;
}
