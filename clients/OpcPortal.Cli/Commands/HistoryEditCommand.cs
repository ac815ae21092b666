using System.CommandLine;
using OpcPortal.Cli.Connecting;
using OpcPortal.Cli.Values;
using OpcPortal.Ua;
using OpcPortal.Ua.Client;
using Spectre.Console;

namespace OpcPortal.Cli.Commands;

/// <summary><c>opcportal history edit</c>: puts values into the past, changes or deletes them, always with a reason. A portal server keeps what was there, and says who did what.</summary>
internal static class HistoryEditCommand
{
    public static Command Create(CliContext context, ConnectionOptions options) =>
        new("edit", "Changes the past of a variable, with a reason. A portal server keeps what was there, and whose edit it was.")
        {
            WithValue(context, options, "insert", "Puts a value where there is none.", PerformUpdateType.Insert),
            WithValue(context, options, "replace", "Puts another value in the place of the one there.", PerformUpdateType.Replace),
            WithValue(context, options, "update", "Puts a value, whether there is one or not.", PerformUpdateType.Update),
            Delete(context, options),
            Annotate(context, options),
        };

    private static Argument<string> Node() => new("node") { Description = "The variable." };

    private static Argument<string> Time() => new("time") { Description = $"The source time of the value: {TimeParser.Help}" };

    private static Option<string> Reason() => new("--reason") { Description = "Why, for those who answer for the data.", Required = true };

    private static Command WithValue(CliContext context, ConnectionOptions options, string name, string description, PerformUpdateType kind)
    {
        var (node, time, reason) = (Node(), Time(), Reason());
        var value = new Argument<string>("value") { Description = "As for write." };
        var command = new Command(name, description) { node, time, value, reason };
        command.Run(context, options, (parsed, settings, cancellation) => ChangeAsync(context, settings, parsed.GetRequiredValue(node), parsed.GetRequiredValue(reason), async (session, id) =>
        {
            var type = (await VariableType.ReadAsync(session, [id], cancellation))[0];
            if (type.DataType is null) throw new CliException(ExitCodes.Refused, "The server does not say what values the variable has.");
            var data = new DataValue(ValueParser.Parse(parsed.GetRequiredValue(value), type.DataType, type.ValueRank), StatusCodes.Good, TimeParser.Time(parsed.GetRequiredValue(time), context.Time.GetUtcNow().UtcDateTime));
            return new UpdateDataDetails { NodeId = id, PerformInsertReplace = kind, UpdateValues = [data] };
        }, cancellation));
        return command;
    }

    private static Command Delete(CliContext context, ConnectionOptions options)
    {
        var (node, time, reason) = (Node(), Time(), Reason());
        var to = new Option<string?>("--to") { Description = "All values up to then, excluded; without it the one of that time." };
        var command = new Command("delete", "Deletes a value, or all of a stretch of time.") { node, time, to, reason };
        command.Run(context, options, (parsed, settings, cancellation) => ChangeAsync(context, settings, parsed.GetRequiredValue(node), parsed.GetRequiredValue(reason), (_, id) =>
        {
            var now = context.Time.GetUtcNow().UtcDateTime;
            var from = TimeParser.Time(parsed.GetRequiredValue(time), now);
            return Task.FromResult<HistoryUpdateDetails>(parsed.GetValue(to) is { } end
                ? new DeleteRawModifiedDetails { NodeId = id, StartTime = from, EndTime = TimeParser.Time(end, now) }
                : new DeleteAtTimeDetails { NodeId = id, ReqTimes = [from] });
        }, cancellation));
        return command;
    }

    private static Command Annotate(CliContext context, ConnectionOptions options)
    {
        var (node, time) = (Node(), Time());
        var text = new Argument<string>("text") { Description = "What is noted." };
        var command = new Command("annotate", "Notes something on a value.") { node, time, text };
        command.Run(context, options, async (parsed, settings, cancellation) =>
        {
            await using var session = await Connector.ConnectAsync(context, settings, cancellation);
            var id = await NodeAddress.ResolveAsync(session, parsed.GetRequiredValue(node), cancellation);
            var at = TimeParser.Time(parsed.GetRequiredValue(time), context.Time.GetUtcNow().UtcDateTime);
            var annotation = new Annotation { Message = parsed.GetRequiredValue(text), AnnotationTime = context.Time.GetUtcNow().UtcDateTime };
            var annotations = await NodeAddress.FollowAsync(session, id, "Annotations", cancellation);
            return Show(context, settings, await session.AnnotateHistoryAsync(annotations, PerformUpdateType.Update, [new HistoryAnnotation(at, annotation)], cancellation));
        });
        return command;
    }

    private static async Task<int> ChangeAsync(CliContext context, ConnectionSettings settings, string address, string reason, Func<UaSession, NodeId, Task<HistoryUpdateDetails>> detailsOf, CancellationToken cancellation)
    {
        await using var session = await Connector.ConnectAsync(context, settings, cancellation);
        var details = await detailsOf(session, await NodeAddress.ResolveAsync(session, address, cancellation));
        // Part 4 7.33: AuditEntryId is the client's record of why; a portal server keeps it with what was changed.
        var request = new HistoryUpdateRequest { HistoryUpdateDetails = [new ExtensionObject((IStructure)details)] };
        request.RequestHeader.AuditEntryId = reason;
        var response = await session.InvokeAsync<HistoryUpdateResponse>(request, cancellation: cancellation);
        if (response.Results is not [var result]) throw new UaException(StatusCodes.BadUnknownResponse, "The server's answer to HistoryUpdate has no result.");
        return Show(context, settings, result.StatusCode.IsBad || result.OperationResults is not { Length: > 0 } each ? [result.StatusCode] : each);
    }

    private static int Show(CliContext context, ConnectionSettings settings, StatusCode[] results)
    {
        foreach (var result in results)
        {
            if (settings.Json) context.WriteLine(ValueJson.Document(json => json.WriteStringValue(result.ToString())));
            else context.Output.MarkupLine($"[{(result.IsBad ? "red" : "green")}]{Markup.Escape(result.ToString())}[/]");
        }

        return results.Any(result => result.IsBad) ? ExitCodes.Refused : ExitCodes.Done;
    }
}
