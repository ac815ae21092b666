using System.Text;
using OpcPortal.Ua.Server;

namespace OpcPortal.Fuzz.Targets;

/// <summary>Small grammars: ids, names, ranges. Each parser says no by its result.</summary>
internal static class TextTargets
{
    private static readonly byte[][] Pieces = [.. new[] { "ns=", "nsu=", "svr=", "svu=", "i=", "s=", "g=", "b=", ";", ":", ",", "%3B", "%", "65535", "4294967296", "2147483647", "\uFEFF" }.Select(Encoding.UTF8.GetBytes)];

    public static IReadOnlyList<IFuzzTarget> All { get; } =
    [
        Target("numeric-range", NumericRange, "3", "0:9", "1:2,0:1", "2147483646:2147483647"),
        Target("node-id-text", NodeId, "i=85", "ns=2;s=a;b", "ns=1;g=72962b91-fa75-4ae6-8d28-b404dc7daf63", "b=AQID"),
        Target("expanded-node-id-text", ExpandedNodeId, "svr=1;nsu=urn:a%3Bb%25;i=7", "nsu=urn:a;s=x", "ns=3;i=1"),
        Target("like-pattern", Like, "%a_[a-c][^x]\\%\nxxabcb%", "%\n", "[]a]\na", "a%b%c%d%e%f\naaabbbcccdddeeefff"),
        Target("qualified-name-text", QualifiedName, "2:Name", "Name", ":Name", "65536:x"),
    ];

    private static FuzzTarget<NoException> Target(string name, Func<string, bool> run, params string[] seeds) =>
        new(name, input => run(Encoding.UTF8.GetString(input)), () => seeds.Select(Encoding.UTF8.GetBytes)) { Pieces = Pieces };

    private static bool NumericRange(string text)
    {
        if (!Ua.NumericRange.TryParse(text, out var range)) return false;
        foreach (var value in Samples.Variants) range.TrySlice(value, out _);
        return true;
    }

    private static bool NodeId(string text)
    {
        if (!Ua.NodeId.TryParse(text, out var id)) return false;
        return Ua.NodeId.TryParse(id.ToString(), out var again) && again == id ? true : throw Otherwise(text, id);
    }

    private static bool ExpandedNodeId(string text)
    {
        if (!Ua.ExpandedNodeId.TryParse(text, out var id)) return false;
        return Ua.ExpandedNodeId.TryParse(id.ToString(), out var again) && again == id ? true : throw Otherwise(text, id);
    }

    // The pattern, a line feed, the text that it is held against.
    private static bool Like(string text)
    {
        var parts = text.Split('\n', 2);
        if (!LikePattern.TryParse(parts[0], out var pattern)) return false;
        pattern.Matches(parts.Length > 1 ? parts[1] : "");
        return true;
    }

    // Any text is a name; an index before it must read back.
    private static bool QualifiedName(string text)
    {
        var name = Ua.QualifiedName.Parse(text);
        return name.NamespaceIndex == 0 || Ua.QualifiedName.Parse(name.ToString()) == name ? true : throw Otherwise(text, name);
    }

    private static FuzzException Otherwise(string text, object parsed) => new($"'{text}' gives {parsed}, which reads back otherwise.");
}
