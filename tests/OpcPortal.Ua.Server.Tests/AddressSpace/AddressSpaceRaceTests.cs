using OpcPortal.Ua.NodeSets;

namespace OpcPortal.Ua.Server.Tests.Services;

/// <summary>
/// Nodes come and go while others browse, read, write, translate and call. Nobody sees half a node, and nothing breaks. CVE-2023-32172 (attack class 14).
/// </summary>
public sealed class AddressSpaceRaceTests(ITestOutputHelper output)
{
    private const int Rounds = 4_000;
    private const int Slots = 8;

    private readonly NodeWorld _world = new(new OperationLimits { MaxBrowseContinuationPoints = 50 });

    [Fact]
    public async Task Nobody_sees_half_a_node_while_nodes_come_and_go()
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var root = _world.Object("root");
        var isOver = 0;
        var writers = Enumerable.Range(0, 2).Select(w => Task.Run(() => ComeAndGo(w, new Random(seed + w)))).ToArray();
        var seen = new int[3];
        var readers = Enumerable.Range(0, seen.Length).Select(r => Task.Run(async () =>
        {
            var random = new Random(seed + 100 + r);
            while (Volatile.Read(ref isOver) == 0) seen[r] += await Look(root, random);
        })).ToArray();
        try
        {
            await Task.WhenAll(writers).WaitAsync(TimeSpan.FromMinutes(2));
        }
        finally
        {
            Volatile.Write(ref isOver, 1);
        }

        await Task.WhenAll(readers).WaitAsync(TimeSpan.FromMinutes(1));
        output.WriteLine($"{seen.Sum()} objects seen");
        Assert.True(seen.Sum() > 0);
        // Whatever the order, what was added last and not taken away is there, once.
        var names = await _world.Names(root);
        Assert.Equal(names.Length, names.Distinct().Count());
        Assert.Equal(Enumerable.Range(0, 2).SelectMany(w => Enumerable.Range(0, Slots).Select(s => $"o{w}.{s}")).Where(n => _world.Nodes.Contains(NodeWorld.Id(n))).Order(), names.Order());
    }

    // Objects with a value and a method each, some at a time, added as one and taken away as one; each writer has places of its own.
    private void ComeAndGo(int writer, Random random)
    {
        for (var i = 0; i < Rounds; i++)
        {
            var slots = Enumerable.Range(0, Slots).Where(_ => random.Next(2) == 0).Select(s => $"o{writer}.{s}").ToArray();
            var there = slots.Where(n => _world.Nodes.Contains(NodeWorld.Id(n))).ToArray();
            _world.Nodes.Remove([.. there.SelectMany(n => (NodeId[])[NodeWorld.Id(n), NodeWorld.Id(n + ".v"), NodeWorld.Id(n + ".m")])]);
            _world.Nodes.Add([.. slots.Except(there).SelectMany(WithComponents)]);
        }
    }

    private static NodeRecord[] WithComponents(string name)
    {
        NodeSets.NodeReference[] below = [new(ReferenceTypeIds.HasComponent, false, NodeWorld.Id(name))];
        return
        [
            new NodeRecord
            {
                NodeId = NodeWorld.Id(name), NodeClass = NodeClass.Object, BrowseName = new QualifiedName(name, 1),
                References = [new NodeSets.NodeReference(ReferenceTypeIds.HasComponent, false, NodeWorld.Id("root")), new NodeSets.NodeReference(ReferenceTypeIds.HasTypeDefinition, true, new NodeId(ObjectTypeIds.FolderType))],
            },
            new NodeRecord { NodeId = NodeWorld.Id(name + ".v"), NodeClass = NodeClass.Variable, BrowseName = "v", Value = 1, AccessLevelEx = 3, References = below },
            new NodeRecord { NodeId = NodeWorld.Id(name + ".m"), NodeClass = NodeClass.Method, BrowseName = "m", References = below },
        ];
    }

    private async Task<int> Look(NodeId root, Random random)
    {
        var session = _world.Connect();
        var count = 0;
        // By their ids, as a client does that has been here before.
        for (var i = 0; i < 20; i++)
        {
            var known = $"o{random.Next(2)}.{random.Next(Slots)}";
            await LookInto(NodeWorld.Id(known), known, session);
        }

        var page = await _world.Browse(NodeWorld.Description(root, ReferenceTypeIds.HasComponent), (uint)random.Next(1, 6), session);
        while (true)
        {
            foreach (var reference in page.References!)
            {
                count++;
                // Seen at all, it is seen with its type.
                Assert.Equal((NodeId)ObjectTypeIds.FolderType, reference.TypeDefinition.NodeId);
                await LookInto(reference.NodeId.NodeId, reference.BrowseName.Name!, session);
            }

            if (page.ContinuationPoint.IsNull) return count;
            page = await _world.Next(page.ContinuationPoint, session);
        }
    }

    // Either it is whole or it has gone meanwhile.
    private async Task LookInto(NodeId node, string name, Session session)
    {
        var (value, method) = (NodeWorld.Id(name + ".v"), NodeWorld.Id(name + ".m"));
        var before = Resolve();
        var below = await _world.Browse(NodeWorld.Description(node, ReferenceTypeIds.HasComponent), session: session);
        // The same object before and after was there all the time, and so were its components.
        if (before is not null && ReferenceEquals(before, Resolve())) Assert.Equal(["m", "v"], NodeWorld.Names(below).Order());
        Assert.Contains((await _world.Read(value, session: session)).StatusCode.ToString(), (string[])["Good", "BadNodeIdUnknown"]);
        Assert.Contains(await _world.Write(value, 2, session: session), (string[])["Good", "BadNodeIdUnknown"]);
        Assert.Contains((await _world.Call(node, method, session)).StatusCode.ToString(), (string[])["BadNotImplemented", "BadNodeIdUnknown", "BadMethodInvalid"]);
        var path = new BrowsePath { StartingNode = NodeWorld.Id("root"), RelativePath = new RelativePath { Elements = [Element(name, 1), Element("v", 0)] } };
        var translated = (await _world.Send<TranslateBrowsePathsToNodeIdsResponse>(new TranslateBrowsePathsToNodeIdsRequest { BrowsePaths = [path] }, session)).Results![0];
        Assert.Contains(translated.StatusCode.ToString(), (string[])["Good", "BadNoMatch"]);
        if (translated.StatusCode.IsGood) Assert.Equal(value, translated.Targets!.Single().TargetId.NodeId);

        object? Resolve() => _world.Space.TryResolve(node, out var found) ? found.State : null;
        static RelativePathElement Element(string name, ushort index) => new() { TargetName = new QualifiedName(name, index), IncludeSubtypes = true };
    }
}
