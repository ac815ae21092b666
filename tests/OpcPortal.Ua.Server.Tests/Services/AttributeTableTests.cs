using OpcPortal.Ua.NodeSets;

namespace OpcPortal.Ua.Server.Tests.Services;

/// <summary>Which attributes a node has, by its class, and of which type each is. Part 3 5, the table of attributes of each NodeClass; Part 6 A.1.</summary>
public sealed class AttributeTableTests
{
    private const string Everywhere = "NodeId NodeClass BrowseName DisplayName Description WriteMask UserWriteMask RolePermissions UserRolePermissions AccessRestrictions";

    // Mandatory and, as each node here has them all, optional ones.
    private static readonly Dictionary<NodeClass, string> Table = new()
    {
        [NodeClass.Object] = "EventNotifier",
        [NodeClass.ObjectType] = "IsAbstract",
        [NodeClass.ReferenceType] = "IsAbstract Symmetric InverseName",
        [NodeClass.View] = "ContainsNoLoops EventNotifier",
        [NodeClass.Variable] = "Value DataType ValueRank ArrayDimensions AccessLevel UserAccessLevel MinimumSamplingInterval Historizing AccessLevelEx",
        [NodeClass.VariableType] = "Value DataType ValueRank ArrayDimensions IsAbstract",
        [NodeClass.Method] = "Executable UserExecutable",
        [NodeClass.DataType] = "IsAbstract DataTypeDefinition",
    };

    private static readonly Dictionary<string, (uint Id, BuiltInType Type, int Rank)> Attributes = new()
    {
        ["NodeId"] = (1, BuiltInType.NodeId, -1),
        ["NodeClass"] = (2, BuiltInType.Int32, -1),
        ["BrowseName"] = (3, BuiltInType.QualifiedName, -1),
        ["DisplayName"] = (4, BuiltInType.LocalizedText, -1),
        ["Description"] = (5, BuiltInType.LocalizedText, -1),
        ["WriteMask"] = (6, BuiltInType.UInt32, -1),
        ["UserWriteMask"] = (7, BuiltInType.UInt32, -1),
        ["IsAbstract"] = (8, BuiltInType.Boolean, -1),
        ["Symmetric"] = (9, BuiltInType.Boolean, -1),
        ["InverseName"] = (10, BuiltInType.LocalizedText, -1),
        ["ContainsNoLoops"] = (11, BuiltInType.Boolean, -1),
        ["EventNotifier"] = (12, BuiltInType.Byte, -1),
        ["Value"] = (13, BuiltInType.Double, 2),
        ["DataType"] = (14, BuiltInType.NodeId, -1),
        ["ValueRank"] = (15, BuiltInType.Int32, -1),
        ["ArrayDimensions"] = (16, BuiltInType.UInt32, 1),
        ["AccessLevel"] = (17, BuiltInType.Byte, -1),
        ["UserAccessLevel"] = (18, BuiltInType.Byte, -1),
        ["MinimumSamplingInterval"] = (19, BuiltInType.Double, -1),
        ["Historizing"] = (20, BuiltInType.Boolean, -1),
        ["Executable"] = (21, BuiltInType.Boolean, -1),
        ["UserExecutable"] = (22, BuiltInType.Boolean, -1),
        ["DataTypeDefinition"] = (23, BuiltInType.ExtensionObject, -1),
        ["RolePermissions"] = (24, BuiltInType.ExtensionObject, 1),
        ["UserRolePermissions"] = (25, BuiltInType.ExtensionObject, 1),
        ["AccessRestrictions"] = (26, BuiltInType.UInt16, -1),
        ["AccessLevelEx"] = (27, BuiltInType.UInt32, -1),
    };

    private readonly NodeWorld _world = new();

    public static TheoryData<NodeClass> Classes => [.. Table.Keys];

    private NodeId AddNode(NodeClass nodeClass) => _world.Add(new NodeRecord
    {
        NodeId = NodeWorld.Id("node"),
        NodeClass = nodeClass,
        BrowseName = "node",
        Descriptions = [new LocalizedText("a node")],
        InverseNames = [new LocalizedText("from")],
        Value = new Variant(new Matrix((double[])[1.5], [1, 1])),
        DataType = DataTypeIds.Double,
        ValueRank = 2,
        ArrayDimensions = [1, 1],
        DataTypeDefinition = new EnumDefinition { Fields = [new EnumField { Name = "A" }] },
    });

    [Theory]
    [MemberData(nameof(Classes))]
    public async Task A_node_has_the_attributes_of_its_class_and_no_others(NodeClass nodeClass)
    {
        var node = AddNode(nodeClass);
        var expected = $"{Everywhere} {Table[nodeClass]}".Split(' ');
        foreach (var (name, (id, type, rank)) in Attributes)
        {
            var value = await _world.Read(node, id);
            if (expected.Contains(name)) Assert.Equal((name, "Good", type, rank), (name, value.StatusCode.ToString(), value.Value.Type, value.Value.ValueRank));
            else Assert.Equal((name, "BadAttributeIdInvalid", BuiltInType.Null), (name, value.StatusCode.ToString(), value.Value.Type));
        }
    }

    [Theory]
    [MemberData(nameof(Classes))]
    public async Task What_a_class_has_not_can_be_neither_written_nor_found_out_by_who_may_only_browse(NodeClass nodeClass)
    {
        var node = AddNode(nodeClass);
        _world.Policy.SetDefaults(1, new RolePermissionSet([new(RoleTable.Anonymous, PermissionType.Browse)]));
        var expected = $"{Everywhere} {Table[nodeClass]}".Split(' ');
        foreach (var (name, (id, _, _)) in Attributes)
        {
            if (expected.Contains(name)) continue;
            Assert.Equal((name, "BadAttributeIdInvalid"), (name, await _world.Write(node, 1, id)));
            Assert.Equal((name, "BadAttributeIdInvalid"), (name, (await _world.Read(node, id)).StatusCode.ToString()));
        }
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(28u)]
    [InlineData(uint.MaxValue)]
    public async Task An_attribute_that_there_is_not_is_invalid(uint attribute)
    {
        var node = AddNode(NodeClass.Variable);
        Assert.Equal("BadAttributeIdInvalid", (await _world.Read(node, attribute)).StatusCode.ToString());
        Assert.Equal("BadAttributeIdInvalid", await _world.Write(node, 1, attribute));
    }

    // Part 3 5: optional attributes that are absent are absent, not empty.
    [Fact]
    public async Task What_a_node_leaves_out_is_not_there()
    {
        var variable = _world.Add(new NodeRecord { NodeId = NodeWorld.Id("v"), NodeClass = NodeClass.Variable, BrowseName = "v" });
        var dataType = _world.Add(new NodeRecord { NodeId = NodeWorld.Id("d"), NodeClass = NodeClass.DataType, BrowseName = "d" });
        var variableType = _world.Add(new NodeRecord { NodeId = NodeWorld.Id("t"), NodeClass = NodeClass.VariableType, BrowseName = "t" });
        var referenceType = _world.Add(new NodeRecord { NodeId = NodeWorld.Id("r"), NodeClass = NodeClass.ReferenceType, BrowseName = "r" });
        foreach (var (node, attribute) in new[]
                 {
                     (variable, AttributeIds.Description), (variable, AttributeIds.ArrayDimensions), (dataType, AttributeIds.DataTypeDefinition), (variableType, AttributeIds.Value),
                     (referenceType, AttributeIds.InverseName),
                 })
            Assert.Equal("BadAttributeIdInvalid", (await _world.Read(node, attribute)).StatusCode.ToString());
        Assert.Equal("Good", (await _world.Read(variable)).StatusCode.ToString());
    }

    [Fact]
    public async Task Without_a_display_name_the_browse_name_is_shown()
    {
        var node = _world.Add(new NodeRecord { NodeId = NodeWorld.Id("v"), NodeClass = NodeClass.Object, BrowseName = new QualifiedName("Meter", 1) });
        Assert.Equal(new LocalizedText("Meter"), (await _world.Read(node, AttributeIds.DisplayName)).Value.AsLocalizedText());
    }

    // AccessLevel is the low byte of AccessLevelEx. Part 3 5.6.2, 8.58.
    [Fact]
    public async Task The_two_access_levels_agree()
    {
        var node = _world.Variable("v", 1, level: AccessLevelExType.CurrentRead | AccessLevelExType.StatusWrite | AccessLevelExType.WriteFullArrayOnly);
        Assert.Equal((byte)0x21, (await _world.Read(node, AttributeIds.AccessLevel)).Value.AsByte());
        Assert.Equal(0x421u, (await _world.Read(node, AttributeIds.AccessLevelEx)).Value.AsUInt32());
    }
}
