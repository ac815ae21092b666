namespace OpcPortal.EndToEnd.Tests;

/// <summary>One thing that parties are compared by.</summary>
/// <param name="Method">By name, of the device that the node belongs to; null where there is none to ask for.</param>
internal sealed record Probe(string Name, string Owner, string Node, string? Method)
{
    /// <summary>The id of the device or portal that the node belongs to.</summary>
    public string Device => Node[..Node.LastIndexOfAny(['/', ':'])];
}

/// <summary>What matrix.md expects: the probes, and for each party the operations by the probes' names.</summary>
internal sealed class ExpectedMatrix
{
    private const string Everybody = "everybody";
    private const string Operations = "BRSWECHX";

    private readonly Dictionary<string, Dictionary<string, string>> _cells = new(StringComparer.Ordinal);
    private readonly List<Probe> _probes = [];

    public IReadOnlyList<Probe> Probes => _probes;

    /// <summary>Ids of entities, and users as <c>user NAME</c>.</summary>
    public IEnumerable<string> Parties => _cells.Keys.Where(party => party != Everybody);

    /// <returns>Letters in the order BRSWECHX; empty: nothing at all.</returns>
    public string Of(string party, Probe probe) => _cells[party].GetValueOrDefault(probe.Name) ?? _cells[Everybody].GetValueOrDefault(probe.Name) ?? "";

    /// <param name="root">The checkout.</param>
    public static ExpectedMatrix Read(string root)
    {
        var matrix = new ExpectedMatrix();
        var heading = "";
        foreach (var line in File.ReadLines(Path.Combine(root, "tests", "EndToEnd.Tests", "Matrix", "matrix.md")))
        {
            if (line.StartsWith('#')) heading = matrix.Begin(line);
            else if (line.StartsWith("| ", StringComparison.Ordinal) && !line.StartsWith("| probe", StringComparison.Ordinal)) matrix.Take(heading, [.. line.Split('|').Select(cell => cell.Trim())]);
        }

        return matrix;
    }

    private string Begin(string line)
    {
        var heading = line.TrimStart('#').Trim();
        if (line.StartsWith("### ", StringComparison.Ordinal) || heading == Everybody) _cells.Add(heading, new Dictionary<string, string>(StringComparer.Ordinal));
        return heading;
    }

    private void Take(string heading, string[] cells)
    {
        if (heading == "Probes")
        {
            _probes.Add(new Probe(cells[1], cells[2], cells[3], cells[4].Length == 0 ? null : cells[4]));
            return;
        }

        // A name that is mistyped would expect nothing, and be right for ever.
        Assert.Contains(_probes, probe => probe.Name == cells[1]);
        var operations = cells[2] == "-" ? "" : cells[2];
        Assert.Equal(operations, string.Concat(Operations.Where(operations.Contains)));
        _cells[heading].Add(cells[1], operations);
    }
}
