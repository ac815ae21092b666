using System.CommandLine;
using OpcPortal.Cli.Connecting;
using OpcPortal.Models;
using OpcPortal.Ua;
using Spectre.Console;

namespace OpcPortal.Cli.Commands;

/// <summary>What can be asked: <c>list, show, explain, check, dry-run</c>. Nothing is signed and nothing changes.</summary>
internal static class AgreementQuestions
{
    private static readonly string[] OperationNames = [.. Enum.GetValues<Operations>().Where(operation => operation is not (Operations.None or Operations.All)).Select(operation => operation.ToString())];

    public static IEnumerable<Command> Create(CliContext context, ConnectionOptions options) =>
        [CreateList(context, options), CreateShow(context, options), CreateExplain(context, options), CreateCheck(context, options), CreateDryRun(context, options)];

    private static Command CreateList(CliContext context, ConnectionOptions options)
    {
        var status = new Option<AgreementStatus?>("--status") { Description = "Only those, such as Proposed." };
        var command = new Command("list", "Lists the agreements of this party.") { status };
        command.Run(context, options, async (parsed, settings, cancellation) =>
        {
            await using var session = await Connector.ConnectAsync(context, settings, cancellation);
            var all = await (await AgreementRegistry.FindAsync(session, cancellation)).ListAsync(cancellation);
            if (parsed.GetValue(status) is { } wanted) all = [.. all.Where(agreement => agreement.Status == wanted)];
            if (settings.Json) context.WriteLine($"[{string.Join(",", all.Select(AgreementDocument.Write))}]");
            else AgreementText.ShowTable(context, all);
            return ExitCodes.Done;
        });
        return command;
    }

    private static Command CreateShow(CliContext context, ConnectionOptions options)
    {
        var id = new Argument<string>("id") { Description = "The agreement." };
        var command = new Command("show", "Shows an agreement with all that was done with it, and whether the signatures hold.") { id };
        command.Run(context, options, async (parsed, settings, cancellation) =>
        {
            await using var session = await Connector.ConnectAsync(context, settings, cancellation);
            var agreement = await (await AgreementRegistry.FindAsync(session, cancellation)).ReadAsync(parsed.GetRequiredValue(id), cancellation);
            var flaw = AgreementSignature.FlawOf(agreement);
            if (settings.Json) context.WriteLine(AgreementDocument.Write(agreement));
            else AgreementText.Show(context, agreement, flaw);
            return flaw is null ? ExitCodes.Done : throw new CliException(ExitCodes.Refused, $"What the server has is not what the parties signed. {flaw}");
        });
        return command;
    }

    private static Command CreateExplain(CliContext context, ConnectionOptions options)
    {
        var node = new Argument<string>("node") { Description = "The node." };
        var operation = Operation();
        var entity = new Option<string?>("--entity") { Description = "Another entity, for owners and the System Manager." };
        var asOf = new Option<DateTime?>("--as-of") { Description = "As it was decided then, UTC." };
        var command = new Command("explain", "Why something is allowed or refused, by the rule or agreement that decided.") { node, operation, entity, asOf };
        command.Run(context, options, async (parsed, settings, cancellation) =>
        {
            await using var session = await Connector.ConnectAsync(context, settings, cancellation);
            var target = await NodeAddress.ResolveAsync(session, parsed.GetRequiredValue(node), cancellation);
            var registry = await AgreementRegistry.FindAsync(session, cancellation);
            var at = parsed.GetValue(asOf) is { } past ? DateTime.SpecifyKind(past, DateTimeKind.Utc) : DateTime.MinValue;
            var told = await registry.ExplainAsync(parsed.GetValue(entity), target, Parse(parsed, operation), at, cancellation);
            if (settings.Json) context.WriteLine(AgreementText.Json(told));
            else AgreementText.Show(context, told);
            return ExitCodes.Done;
        });
        return command;
    }

    private static Command CreateCheck(CliContext context, ConnectionOptions options)
    {
        var nodes = new Argument<string[]>("node") { Description = "The nodes.", Arity = ArgumentArity.OneOrMore };
        var operation = Operation();
        var command = new Command("check", "Whether this session may do something with nodes.") { nodes, operation };
        command.Run(context, options, async (parsed, settings, cancellation) =>
        {
            await using var session = await Connector.ConnectAsync(context, settings, cancellation);
            var texts = parsed.GetRequiredValue(nodes);
            var targets = new NodeId[texts.Length];
            for (var i = 0; i < texts.Length; i++) targets[i] = await NodeAddress.ResolveAsync(session, texts[i], cancellation);
            var statuses = await (await AgreementRegistry.FindAsync(session, cancellation)).CheckAsync(targets, Parse(parsed, operation), cancellation);
            if (settings.Json) context.WriteLine(AgreementText.Json(texts, statuses));
            else foreach (var (text, status) in texts.Zip(statuses)) context.Output.MarkupLine($"[{(status.IsGood ? "green" : "red")}]{Markup.Escape(status.ToString())}[/] {Markup.Escape(text)}");
            return statuses.All(status => status.IsGood) ? ExitCodes.Done : ExitCodes.Refused;
        });
        return command;
    }

    private static Command CreateDryRun(CliContext context, ConnectionOptions options)
    {
        var file = new Argument<string>("file") { Description = "The agreement as JSON: id and terms." };
        var command = new Command("dry-run", "Who would gain or lose what by an agreement, judged by what was asked of the server lately.") { file };
        command.Run(context, options, async (parsed, settings, cancellation) =>
        {
            var document = AgreementActs.Read(parsed.GetRequiredValue(file));
            await using var session = await Connector.ConnectAsync(context, settings, cancellation);
            var run = await (await AgreementRegistry.FindAsync(session, cancellation)).DryRunAsync(document, cancellation);
            if (settings.Json) context.WriteLine(AgreementText.Json(run));
            else AgreementText.Show(context, run);
            return ExitCodes.Done;
        });
        return command;
    }

    private static Option<string> Operation()
    {
        var operation = new Option<string>("--operation", "-o") { Description = $"One of {string.Join(", ", OperationNames)}.", DefaultValueFactory = _ => nameof(Operations.Read) };
        operation.AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, OperationNames);
        return operation;
    }

    private static Operations Parse(ParseResult parsed, Option<string> operation) => Enum.Parse<Operations>(parsed.GetRequiredValue(operation), ignoreCase: true);
}
