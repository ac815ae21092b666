using System.CommandLine;
using System.Text.Json;
using OpcPortal.Cli.Connecting;
using OpcPortal.Cli.Values;
using OpcPortal.Ua;
using OpcPortal.Ua.Client;
using Spectre.Console;

namespace OpcPortal.Cli.Commands;

/// <summary><c>opcportal browse</c>: what lies below a node, as a tree.</summary>
internal static class BrowseCommand
{
    private sealed record Found(ReferenceDescription Reference, List<Found> Children)
    {
        public DataValue? Value { get; set; }
        public VariableType Type { get; set; }
    }

    private sealed class Walk(UaSession session, int depth, string? filter, int max)
    {
        private readonly HashSet<NodeId> _path = [];
        private int _left = max;

        public bool WasCut { get; private set; }

        public async Task<List<Found>> ChildrenAsync(NodeId node, int level, CancellationToken cancellation)
        {
            var children = new List<Found>();
            // A node that lies below itself is shown once in a branch.
            if (level > depth || !_path.Add(node)) return children;
            var references = new List<ReferenceDescription>();
            await foreach (var reference in session.BrowseAsync(node, ReferenceTypeIds.HierarchicalReferences, cancellation: cancellation))
            {
                if (_left-- > 0)
                {
                    references.Add(reference);
                    continue;
                }

                WasCut = true;
                break;
            }

            foreach (var reference in references)
            {
                var below = reference.NodeId.IsLocal ? await ChildrenAsync(reference.NodeId.NodeId, level + 1, cancellation) : [];
                if (below.Count > 0 || Matches(reference)) children.Add(new Found(reference, below));
            }

            _path.Remove(node);
            return children;
        }

        private bool Matches(ReferenceDescription reference) => filter is null
            || (reference.BrowseName.Name ?? "").Contains(filter, StringComparison.OrdinalIgnoreCase) || (reference.DisplayName.Text ?? "").Contains(filter, StringComparison.OrdinalIgnoreCase);
    }

    public static Command Create(CliContext context, ConnectionOptions options)
    {
        var node = new Argument<string>("node") { Description = "Where to begin.", DefaultValueFactory = _ => "/Objects" };
        var depth = new Option<int>("--depth", "-d") { Description = "Levels below the node.", DefaultValueFactory = _ => 1 };
        var filter = new Option<string?>("--filter", "-f") { Description = "Shows what has this text in its name, and the way there." };
        var values = new Option<bool>("--values") { Description = "Shows the values of variables, too." };
        var max = new Option<int>("--max") { Description = "Stops after this many nodes.", DefaultValueFactory = _ => 2000 };
        var command = new Command("browse", "Shows what lies below a node.") { node, depth, filter, values, max };
        command.Run(context, options, async (parsed, settings, cancellation) =>
        {
            await using var session = await Connector.ConnectAsync(context, settings, cancellation);
            var text = parsed.GetRequiredValue(node);
            var start = await NodeAddress.ResolveAsync(session, text, cancellation);
            var walk = new Walk(session, parsed.GetValue(depth), parsed.GetValue(filter), parsed.GetValue(max));
            var children = await walk.ChildrenAsync(start, 1, cancellation);
            if (parsed.GetValue(values)) await ReadAsync(session, children, cancellation);
            if (settings.Json) context.WriteLine(Json(start, children));
            else Show(context, text, start, children);
            if (walk.WasCut) context.Note($"Stopped after {parsed.GetValue(max)} nodes; there are more: --max NUMBER");
            return ExitCodes.Done;
        });
        return command;
    }

    private static async Task ReadAsync(UaSession session, List<Found> tree, CancellationToken cancellation)
    {
        var variables = Flat(tree).Where(f => f.Reference is { NodeClass: NodeClass.Variable, NodeId.IsLocal: true }).ToArray();
        NodeId[] nodes = [.. variables.Select(v => v.Reference.NodeId.NodeId)];
        var read = await session.ReadValuesAsync(nodes, cancellation);
        var types = await VariableType.ReadAsync(session, nodes, cancellation);
        for (var i = 0; i < variables.Length; i++) (variables[i].Value, variables[i].Type) = (read[i], types[i]);
    }

    private static IEnumerable<Found> Flat(List<Found> tree) => tree.SelectMany(f => Flat(f.Children).Prepend(f));

    private static void Show(CliContext context, string text, NodeId start, List<Found> children)
    {
        var tree = new Tree($"[bold]{Markup.Escape(text)}[/] [grey]{Markup.Escape(start.ToString())}[/]");
        Add(tree, children);
        context.Output.Write(tree);
    }

    private static void Add(IHasTreeNodes parent, List<Found> children)
    {
        foreach (var child in children) Add(parent.AddNode(Label(child)), child.Children);
    }

    private static string Label(Found found)
    {
        var reference = found.Reference;
        var color = reference.NodeClass switch { NodeClass.Variable => "green", NodeClass.Method => "magenta", NodeClass.Object => "blue", _ => "yellow" };
        var value = found.Value is { } data ? $" = [bold]{Markup.Escape(data.StatusCode.IsBad ? data.StatusCode.ToString() : ValueText.Format(data.Value, found.Type.DataType?.Enumeration, found.Type.Unit))}[/]" : "";
        return $"[{color}]{Markup.Escape(reference.BrowseName.ToString())}[/]{value} [grey]{reference.NodeClass} {Markup.Escape(reference.NodeId.ToString())}[/]";
    }

    private static string Json(NodeId start, List<Found> children) => ValueJson.Document(json =>
    {
        json.WriteStartObject();
        json.WriteString("nodeId", start.ToString());
        Write(json, children);
        json.WriteEndObject();
    });

    private static void Write(Utf8JsonWriter json, List<Found> children)
    {
        json.WriteStartArray("children");
        foreach (var child in children)
        {
            json.WriteStartObject();
            json.WriteString("nodeId", child.Reference.NodeId.ToString());
            json.WriteString("browseName", child.Reference.BrowseName.ToString());
            json.WriteString("displayName", child.Reference.DisplayName.Text);
            json.WriteString("nodeClass", child.Reference.NodeClass.ToString());
            if (child.Reference.TypeDefinition is { IsNull: false } type) json.WriteString("typeDefinition", type.ToString());
            if (child.Value is { } value) ValueJson.WriteMembers(json, value);
            if (child.Children.Count > 0) Write(json, child.Children);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
