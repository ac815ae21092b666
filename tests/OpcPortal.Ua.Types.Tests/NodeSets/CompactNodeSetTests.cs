namespace OpcPortal.Ua.NodeSets;

public sealed class CompactNodeSetTests
{
    /// <summary>A NodeSet with a node for every optional part of the form.</summary>
    internal static NodeSet Sample { get; } = new()
    {
        NamespaceUris = ["urn:a", "urn:b"],
        ServerUris = ["urn:server"],
        Models =
        [
            new NodeSetModel
            {
                ModelUri = "urn:a", Version = "1", ModelVersion = "1.0.0", XmlSchemaUri = "urn:x", PublicationDate = new DateTime(2025, 1, 31, 0, 0, 0, DateTimeKind.Utc),
                DefaultAccessRestrictions = 3, DefaultRolePermissions = [new RolePermission(new NodeId(15644u), 33)], RequiredModels = [new NodeSetModel { ModelUri = NamespaceTable.OpcUa }],
            },
        ],
        Nodes =
        [
            new NodeRecord
            {
                NodeId = new NodeId("text", 2), NodeClass = NodeClass.Variable, BrowseName = new QualifiedName("V", 1),
                DisplayNames = [new LocalizedText("v", "en"), new LocalizedText("w", "de")], Descriptions = [new LocalizedText("what")], WriteMask = 7,
                RolePermissions = [], AccessRestrictions = 0, ParentNodeId = new NodeId(5, 1), SymbolicName = "S", DataType = new NodeId(11u), ValueRank = -2,
                ArrayDimensions = [], AccessLevelEx = 65539, MinimumSamplingInterval = -1, Historizing = true, Value = new Variant(new[] { 1.5, double.NaN }),
                References =
                [
                    new NodeReference(new NodeId(47u), false, new NodeId(5, 1)),
                    new NodeReference(new NodeId(47u), true, new ExpandedNodeId(new NodeId(6u), "urn:far", 1)),
                ],
            },
            new NodeRecord { NodeId = new NodeId(new Guid("72962b91-fa75-4ae6-8d28-b404dc7daf63"), 1), NodeClass = NodeClass.Method, BrowseName = new QualifiedName("M"), Executable = false, UserExecutable = false, MethodDeclarationId = new NodeId(9, 2) },
            new NodeRecord { NodeId = new NodeId(new byte[] { 1, 2 }, 1), NodeClass = NodeClass.View, BrowseName = new QualifiedName("View"), ContainsNoLoops = true, EventNotifier = 5 },
            new NodeRecord { NodeId = new NodeId(uint.MaxValue, 2), NodeClass = NodeClass.ReferenceType, BrowseName = new QualifiedName("R"), IsAbstract = true, Symmetric = true, InverseNames = [new LocalizedText("Rof")] },
            new NodeRecord
            {
                NodeId = new NodeId(1u), NodeClass = NodeClass.DataType, BrowseName = new QualifiedName("D"),
                DataTypeDefinition = new EnumDefinition { Fields = [new EnumField { Name = "A", Value = 1 }] },
            },
        ],
    };

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_is_written_is_read_again(bool pack)
    {
        var read = CompactNodeSet.Read(CompactNodeSet.Write(Sample, pack));

        Assert.Equivalent(Sample.Models, read.Models, strict: true);
        Assert.Equal((Sample.NamespaceUris, Sample.ServerUris), (read.NamespaceUris, read.ServerUris), EqualArrays);
        Assert.Equal(Sample.Nodes.Length, read.Nodes.Length);
        foreach (var (expected, actual) in Sample.Nodes.Zip(read.Nodes)) AssertSame(expected, actual);
    }

    private static readonly IEqualityComparer<(string[], string[])> EqualArrays =
        EqualityComparer<(string[], string[])>.Create((a, b) => a.Item1.SequenceEqual(b.Item1) && a.Item2.SequenceEqual(b.Item2));

    // Every property, by reflection: one that is added and not written is found here.
    internal static void AssertSame(NodeRecord expected, NodeRecord actual)
    {
        foreach (var property in typeof(NodeRecord).GetProperties())
        {
            var (left, right) = (property.GetValue(expected), property.GetValue(actual));
            if (left is IStructure definition) Assert.Equal(new ExtensionObject(definition).BinaryBody(), new ExtensionObject((IStructure)right!).BinaryBody());
            else Assert.True(left is Array a && right is Array b ? a.Cast<object>().SequenceEqual(b.Cast<object>()) : Equals(left, right), $"{expected.NodeId} {property.Name}: {left} became {right}");
        }
    }

    [Fact]
    public void The_sample_sets_every_attribute_to_another_value_than_its_default()
    {
        var plain = new NodeRecord { NodeId = default, NodeClass = default, BrowseName = default };
        foreach (var property in typeof(NodeRecord).GetProperties())
            Assert.Contains(Sample.Nodes, n => !Equals(property.GetValue(n), property.GetValue(plain)));
    }

    [Fact]
    public void The_same_NodeSet_gives_the_same_bytes() =>
        Assert.Equal(CompactNodeSet.Write(Sample), CompactNodeSet.Write(CompactNodeSet.Read(CompactNodeSet.Write(Sample))));

    [Fact]
    public void Content_is_compared_however_it_is_packed()
    {
        Assert.True(CompactNodeSet.HasSameContent(CompactNodeSet.Write(Sample, pack: true), CompactNodeSet.Write(Sample, pack: false)));
        Assert.False(CompactNodeSet.HasSameContent(CompactNodeSet.Write(Sample), CompactNodeSet.Write(Sample with { ServerUris = [] })));
    }

    [Fact]
    public void Bytes_cut_off_anywhere_are_refused_with_the_name_of_the_source()
    {
        foreach (var pack in new[] { false, true })
        {
            var whole = CompactNodeSet.Write(Sample, pack);
            for (var length = 0; length < whole.Length; length++)
                Assert.StartsWith("sample", Assert.Throws<NodeSetException>(() => CompactNodeSet.Read(whole.AsSpan(0, length), "sample")).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_length_that_exceeds_the_limit_is_refused_before_it_is_allocated()
    {
        var bytes = CompactNodeSet.Write(Sample);
        var length = BitConverter.ToInt32(bytes, 8);

        CompactNodeSet.Read(bytes, limits: new NodeSetLimits { MaxUnpackedBytes = length });
        Assert.Contains("limit", Assert.Throws<NodeSetException>(() => CompactNodeSet.Read(bytes, limits: new NodeSetLimits { MaxUnpackedBytes = length - 1 })).Reason, StringComparison.Ordinal);
        bytes.AsSpan(8, 4).Fill(0xFF);
        Assert.Throws<NodeSetException>(() => CompactNodeSet.Read(bytes));
    }
}
