using System.CommandLine;
using System.Reflection;
using OpcPortal.Cli.Connecting;
using OpcPortal.Cli.Values;
using OpcPortal.Ua;
using Spectre.Console;

namespace OpcPortal.Cli.Commands;

/// <summary><c>opcportal read</c>: values or other attributes of nodes.</summary>
internal static class ReadCommand
{
    private static readonly Dictionary<string, uint> Attributes = typeof(AttributeIds).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Where(f => f is { IsLiteral: true } && f.FieldType == typeof(uint)).ToDictionary(f => f.Name, f => (uint)f.GetRawConstantValue()!, StringComparer.OrdinalIgnoreCase);

    public static Command Create(CliContext context, ConnectionOptions options)
    {
        var nodes = new Argument<string[]>("nodes") { Description = "ns=2;s=name, nsu=uri;s=name or /Objects/2:Name.", Arity = ArgumentArity.OneOrMore };
        var attribute = new Option<string>("--attribute", "-a") { Description = "Which attribute, such as DisplayName or AccessLevel.", HelpName = "name", DefaultValueFactory = _ => "Value" };
        attribute.AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, [.. Attributes.Keys]);
        var range = new Option<string?>("--range") { Description = "A part of an array, such as 0:9." };
        var command = new Command("read", "Reads values or other attributes.") { nodes, attribute, range };
        command.Run(context, options, (parsed, settings, cancellation) =>
            RunAsync(context, settings, parsed.GetRequiredValue(nodes), Attributes[parsed.GetRequiredValue(attribute)], parsed.GetValue(range), cancellation));
        return command;
    }

    private static async Task<int> RunAsync(CliContext context, ConnectionSettings settings, string[] addresses, uint attribute, string? range, CancellationToken cancellation)
    {
        await using var session = await Connector.ConnectAsync(context, settings, cancellation);
        var nodes = new List<NodeId>();
        foreach (var address in addresses) nodes.Add(await NodeAddress.ResolveAsync(session, address, cancellation));
        var values = await session.ReadAsync([.. nodes.Select(id => new ReadValueId { NodeId = id, AttributeId = attribute, IndexRange = range })], cancellation: cancellation);
        for (var i = 0; i < values.Length; i++) values[i] = values[i] with { Value = await session.Types.DecodeAsync(values[i].Value, cancellation) };
        if (settings.Json)
        {
            context.WriteLine(Json(nodes, values));
        }
        else
        {
            var types = attribute == AttributeIds.Value ? await VariableType.ReadAsync(session, nodes, cancellation) : new VariableType[nodes.Count];
            Show(context, addresses, values, types);
        }

        return values.Any(v => v.StatusCode.IsBad) ? ExitCodes.Refused : ExitCodes.Done;
    }

    private static void Show(CliContext context, string[] addresses, DataValue[] values, VariableType[] types)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumns("Node", "Value", "Type", "Status", "Source time");
        for (var i = 0; i < values.Length; i++)
        {
            var value = values[i];
            table.AddRow(
                new Text(addresses[i]), new Text(ValueText.Format(value.Value, types[i].DataType?.Enumeration, types[i].Unit)), new Text(types[i].DataType?.Name ?? (value.Value.IsNull ? "" : value.Value.Type.ToString())),
                StatusText(value.StatusCode), new Text(ValueText.Format(value.SourceTimestamp)));
        }

        context.Output.Write(table);
    }

    public static Text StatusText(StatusCode status) => new(status.ToString(), new Style(status.IsGood ? Color.Green : status.IsUncertain ? Color.Yellow : Color.Red));

    private static string Json(List<NodeId> nodes, DataValue[] values) => ValueJson.Document(json =>
    {
        json.WriteStartArray();
        for (var i = 0; i < values.Length; i++)
        {
            json.WriteStartObject();
            json.WriteString("nodeId", nodes[i].ToString());
            ValueJson.WriteMembers(json, values[i]);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });
}
