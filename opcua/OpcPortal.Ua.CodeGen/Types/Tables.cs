using System.Globalization;

namespace OpcPortal.Ua.CodeGen.Types;

/// <summary>The nodes of namespace 0: symbolic name, number, node class (NodeIds.csv).</summary>
internal sealed class NodeIdTable
{
    public const string FileName = "NodeIds.csv";

    private readonly Dictionary<string, List<(string Name, uint Id)>> _byClass = [];
    private readonly Dictionary<(string Class, string Name), uint> _ids = [];

    public IEnumerable<string> NodeClasses => _byClass.Keys.Order(StringComparer.Ordinal);

    public IReadOnlyList<(string Name, uint Id)> Of(string nodeClass) => _byClass[nodeClass];

    /// <summary>The node's number, 0 where the standard has no such node.</summary>
    public uint Find(string nodeClass, string name) => _ids.GetValueOrDefault((nodeClass, name));

    public static NodeIdTable Read(string path)
    {
        var table = new NodeIdTable();
        foreach (var line in File.ReadLines(path))
        {
            if (line.Split(',') is not [var name, var id, var nodeClass]) continue;
            if (!table._byClass.TryGetValue(nodeClass, out var nodes)) table._byClass[nodeClass] = nodes = [];
            var number = uint.Parse(id, CultureInfo.InvariantCulture);
            nodes.Add((name, number));
            table._ids[(nodeClass, name)] = number;
        }

        return table;
    }
}

/// <summary>A table of names and numbers, decimal or hexadecimal (StatusCode.csv, AttributeIds.csv); further columns are not read.</summary>
internal static class CodeTable
{
    public const string StatusCodes = "StatusCode.csv";
    public const string AttributeIds = "AttributeIds.csv";

    public static IReadOnlyList<(string Name, uint Code)> Read(string path) =>
        [.. File.ReadLines(path).Select(line => line.Split(',')).Where(cells => cells.Length >= 2).Select(cells => (cells[0], Number(cells[1])))];

    private static uint Number(string text) => text.StartsWith("0x", StringComparison.Ordinal)
        ? uint.Parse(text.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture)
        : uint.Parse(text, CultureInfo.InvariantCulture);
}
