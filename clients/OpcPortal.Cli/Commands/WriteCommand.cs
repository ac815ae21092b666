using System.CommandLine;
using OpcPortal.Cli.Connecting;
using OpcPortal.Cli.Values;
using OpcPortal.Ua;
using Spectre.Console;

namespace OpcPortal.Cli.Commands;

/// <summary><c>opcportal write</c>: a value of the node's own DataType.</summary>
internal static class WriteCommand
{
    public static Command Create(CliContext context, ConnectionOptions options)
    {
        var node = new Argument<string>("node") { Description = "ns=2;s=name, nsu=uri;s=name or /Objects/2:Name." };
        var value = new Argument<string>("value") { Description = "Plain text for a single value, JSON for arrays and structures." };
        var range = new Option<string?>("--range") { Description = "The part of an array to replace, such as 0:9." };
        var command = new Command("write", "Writes a value, typed by the node's DataType.") { node, value, range };
        command.Run(context, options, (parsed, settings, cancellation) =>
            RunAsync(context, settings, parsed.GetRequiredValue(node), parsed.GetRequiredValue(value), parsed.GetValue(range), cancellation));
        return command;
    }

    private static async Task<int> RunAsync(CliContext context, ConnectionSettings settings, string address, string text, string? range, CancellationToken cancellation)
    {
        await using var session = await Connector.ConnectAsync(context, settings, cancellation);
        var node = await NodeAddress.ResolveAsync(session, address, cancellation);
        var type = (await VariableType.ReadAsync(session, [node], cancellation))[0];
        if (type.DataType is null) throw new CliException(ExitCodes.Refused, $"{address} is not a variable whose DataType can be read.", $"See what it is: opcportal read {address} --attribute NodeClass");
        var value = ValueParser.Parse(text, type.DataType, type.ValueRank);
        var status = (await session.WriteAsync([new WriteValue { NodeId = node, AttributeId = AttributeIds.Value, IndexRange = range, Value = new DataValue(value) }], cancellation))[0];
        if (settings.Json) context.WriteLine(Json(node, value, status));
        if (status.IsBad) throw Refused(address, status);
        if (!settings.Json) context.Output.MarkupLine($"[green]written:[/] {Markup.Escape(address)} = {Markup.Escape(ValueText.Format(value, type.DataType.Enumeration))}");
        return ExitCodes.Done;
    }

    private static CliException Refused(string address, StatusCode status) => new(ExitCodes.Refused, $"The server does not write {address}: {status}.", status.CodeBits switch
    {
        StatusCodes.BadUserAccessDenied => "Say who you are: --user NAME, or --user-cert FILE.",
        StatusCodes.BadNotWritable => "It is not meant to be written.",
        StatusCodes.BadOutOfRange => "See which values it takes: read its EURange or EnumStrings.",
        _ => null,
    });

    private static string Json(NodeId node, Variant value, StatusCode status) => ValueJson.Document(json =>
    {
        json.WriteStartObject();
        json.WriteString("nodeId", node.ToString());
        json.WritePropertyName("value");
        ValueJson.Write(json, value.ToObject());
        json.WriteString("status", status.ToString());
        json.WriteEndObject();
    });
}
