using System.CommandLine;
using OpcPortal.Cli.Connecting;
using OpcPortal.Cli.Values;
using OpcPortal.Ua;
using OpcPortal.Ua.Client;
using Spectre.Console;
using UaArgument = OpcPortal.Ua.Argument;

namespace OpcPortal.Cli.Commands;

/// <summary><c>opcportal call</c>: a method of an object, arguments typed by its InputArguments.</summary>
internal static class CallCommand
{
    public static Command Create(CliContext context, ConnectionOptions options)
    {
        var target = new Argument<string>("object") { Description = "The object, or the path of the method: /Objects/2:Device/Start." };
        var rest = new Argument<string[]>("method-and-arguments") { Description = "The method's name or node id (left out where the path leads to it), then its arguments.", Arity = ArgumentArity.ZeroOrMore };
        var command = new Command("call", "Calls a method.") { target, rest };
        command.Run(context, options, (parsed, settings, cancellation) => RunAsync(context, settings, parsed.GetRequiredValue(target), parsed.GetValue(rest) ?? [], cancellation));
        return command;
    }

    private static async Task<int> RunAsync(CliContext context, ConnectionSettings settings, string address, string[] rest, CancellationToken cancellation)
    {
        await using var session = await Connector.ConnectAsync(context, settings, cancellation);
        var (target, method, texts) = await FindAsync(session, address, rest, cancellation);
        var (inputs, outputs) = await session.ReadMethodSignatureAsync(method, cancellation);
        if (texts.Length != inputs.Length) throw new CliException(ExitCodes.Usage, $"The method takes {inputs.Length} arguments, not {texts.Length}{await DescribeAsync(session, inputs, cancellation)}.");
        var arguments = new Variant[inputs.Length];
        for (var i = 0; i < inputs.Length; i++) arguments[i] = ValueParser.Parse(texts[i], await session.Types.LoadAsync(inputs[i].DataType, cancellation), inputs[i].ValueRank);
        var result = await session.CallAsync(target, method, arguments, cancellation);
        Show(context, settings, result, outputs);
        return ExitCodes.Done;
    }

    private static async Task<(NodeId Target, NodeId Method, string[] Arguments)> FindAsync(UaSession session, string address, string[] rest, CancellationToken cancellation)
    {
        var node = await NodeAddress.ResolveAsync(session, address, cancellation);
        var nodeClass = (await session.ReadAsync([new ReadValueId { NodeId = node, AttributeId = AttributeIds.NodeClass }], cancellation: cancellation))[0];
        if (nodeClass.StatusCode.IsBad) throw new UaException(nodeClass.StatusCode, $"The server has no node {address}: {nodeClass.StatusCode}.");
        if (nodeClass.Value.Type == BuiltInType.Int32 && nodeClass.Value.AsInt32() == (int)NodeClass.Method)
        {
            if (!address.StartsWith('/')) throw new CliException(ExitCodes.Usage, $"{address} is a method; the object comes first.", "opcportal call OBJECT METHOD [ARGUMENTS]");
            return (await NodeAddress.ResolveAsync(session, NodeAddress.Cut(address).Parent, cancellation), node, rest);
        }

        if (rest.Length == 0) throw new CliException(ExitCodes.Usage, "Which method?", $"See which there are: opcportal browse {address}");
        var method = ExpandedNodeId.TryParse(rest[0], out _) ? await NodeAddress.ResolveAsync(session, rest[0], cancellation) : await NodeAddress.FollowAsync(session, node, rest[0], cancellation);
        return (node, method, rest[1..]);
    }

    private static async Task<string> DescribeAsync(UaSession session, UaArgument[] inputs, CancellationToken cancellation)
    {
        var described = new List<string>();
        foreach (var input in inputs) described.Add($"{input.Name}: {(await session.Types.LoadAsync(input.DataType, cancellation)).Name}{(input.ValueRank >= 0 ? "[]" : "")}");
        return described.Count == 0 ? "" : $" ({string.Join(", ", described)})";
    }

    /// <summary>Shows what a method returned, by the names of its OutputArguments.</summary>
    internal static void Show(CliContext context, ConnectionSettings settings, CallMethodResult result, UaArgument[] outputs)
    {
        if (settings.Json)
        {
            context.WriteLine(Json(result, outputs));
            return;
        }

        context.Output.MarkupLine($"[green]{Markup.Escape(result.StatusCode.ToString())}[/]");
        foreach (var (index, value) in (result.OutputArguments ?? []).Index()) context.Output.WriteLine($"{Name(outputs, index)} = {ValueText.Format(value)}");
    }

    private static string Name(UaArgument[] outputs, int index) => index < outputs.Length && outputs[index].Name is { Length: > 0 } name ? name : $"output{index + 1}";

    private static string Json(CallMethodResult result, UaArgument[] outputs) => ValueJson.Document(json =>
    {
        json.WriteStartObject();
        json.WriteString("status", result.StatusCode.ToString());
        json.WriteStartObject("outputs");
        foreach (var (index, value) in (result.OutputArguments ?? []).Index())
        {
            json.WritePropertyName(Name(outputs, index));
            ValueJson.Write(json, value.ToObject());
        }

        json.WriteEndObject();
        json.WriteEndObject();
    });
}
