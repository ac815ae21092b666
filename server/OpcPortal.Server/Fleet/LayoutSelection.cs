using OpcPortal.Ua;
using OpcPortal.Ua.NodeSets;

namespace OpcPortal.Server;

/// <summary>Which optional nodes the devices of a layout have: those that are mapped or given, what leads to them, and what says something of them.</summary>
internal sealed class LayoutSelection
{
    private readonly Dictionary<string, (int Index, bool IsWritable)> _points = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _identification = new(StringComparer.Ordinal);
    private readonly HashSet<string> _commands;
    private readonly HashSet<string> _members;
    private readonly HashSet<string> _wanted;
    private readonly HashSet<string> _ways = new(StringComparer.Ordinal);

    public LayoutSelection(LayoutRequest request)
    {
        for (var i = 0; i < request.Points.Count; i++)
            if (!_points.TryAdd(request.Points[i].Name, (i, request.Points[i].IsWritable))) throw new LayoutException($"The point {request.Points[i].Name} is mapped twice.", request.Points[i].Name);
        for (var i = 0; i < request.Identification.Count; i++) _identification[request.Identification[i]] = i;
        _commands = new HashSet<string>(request.Commands, StringComparer.Ordinal);
        _members = new HashSet<string>(request.Members, StringComparer.Ordinal);
        _wanted = [.. _points.Keys, .. _commands, .. _identification.Keys, .. _members];
        foreach (var member in _wanted)
            for (var slash = member.IndexOf('/', StringComparison.Ordinal); slash >= 0; slash = member.IndexOf('/', slash + 1)) _ways.Add(member[..slash]);
    }

    /// <summary>Names joined with '/'.</summary>
    public static string MemberOf(IReadOnlyList<QualifiedName> path) => string.Join('/', path.Select(name => name.Name));

    public int PointOf(string member) => _points.TryGetValue(member, out var point) ? point.Index : -1;

    public bool IsWritable(string member) => _points.TryGetValue(member, out var point) && point.IsWritable;

    public int IdentificationOf(string member) => _identification.GetValueOrDefault(member, -1);

    public bool IsCommand(string member) => _commands.Contains(member);

    /// <summary>Whether a method is the server's own: no adapter maps it.</summary>
    public bool IsServed(string member) => _members.Contains(member);

    /// <summary>Whether an optional place is there.</summary>
    public bool Includes(InstancePlace place)
    {
        var member = MemberOf(place.Path);
        if (_wanted.Contains(member) || _ways.Contains(member)) return true;
        // A property that the type gives a value to, such as a range, says something of the point.
        var slash = member.LastIndexOf('/');
        return slash > 0 && _points.ContainsKey(member[..slash]) && !place.Declaration.Node.Value.IsNull;
    }

    /// <exception cref="LayoutException">Something is mapped that the type does not have, or is of another class.</exception>
    public void CheckAllFound(Instance instance)
    {
        var found = new Dictionary<string, NodeClass>(StringComparer.Ordinal);
        for (var i = 0; i < instance.Nodes.Length; i++) found[MemberOf(instance.Paths[i])] = instance.Nodes[i].NodeClass;
        foreach (var point in _points.Keys)
            if (found.GetValueOrDefault(point) != NodeClass.Variable) throw new LayoutException($"The type has no point {point}.", point);
        foreach (var command in _commands)
            if (found.GetValueOrDefault(command) != NodeClass.Method) throw new LayoutException($"The type has no method {command}.", command);
        foreach (var text in _identification.Keys)
            if (found.GetValueOrDefault(text) != NodeClass.Variable) throw new LayoutException($"The type has no property {text}.", text);
    }
}
