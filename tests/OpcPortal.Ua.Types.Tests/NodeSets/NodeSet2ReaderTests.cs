namespace OpcPortal.Ua.NodeSets;

public sealed class NodeSet2ReaderTests
{
    [Fact]
    public void Models_and_namespaces_are_read()
    {
        var nodeSet = NodeSetXml.Read("");

        Assert.Equal([NodeSetXml.Uri], nodeSet.NamespaceUris);
        var model = Assert.Single(nodeSet.Models);
        Assert.Equal((NodeSetXml.Uri, "1.2"), (model.ModelUri, model.Version));
        Assert.Equal(new DateTime(2025, 1, 31, 0, 0, 0, DateTimeKind.Utc), model.PublicationDate);
        Assert.Equal("http://opcfoundation.org/UA/", Assert.Single(model.RequiredModels).ModelUri);
    }

    [Fact]
    public void A_variable_has_the_attributes_that_the_file_gives()
    {
        var node = NodeSetXml.Read("""
            <UAVariable NodeId="ns=1;s=a;b" BrowseName="1:Power" ParentNodeId="ns=1;i=7" DataType="Int32" ValueRank="2" ArrayDimensions="3,0"
                        AccessLevel="65539" MinimumSamplingInterval="0.5" Historizing="true" WriteMask="32" AccessRestrictions="3" SymbolicName="ThePower">
              <DisplayName Locale="en">Power</DisplayName>
              <DisplayName Locale="de">Leistung</DisplayName>
              <Description>What it draws</Description>
              <References>
                <Reference ReferenceType="HasComponent" IsForward="false">ns=1;i=7</Reference>
                <Reference ReferenceType="i=40">i=63</Reference>
              </References>
              <RolePermissions><RolePermission Permissions="33">i=15644</RolePermission></RolePermissions>
              <Extensions><Extension><any xmlns="urn:tool" /></Extension></Extensions>
            </UAVariable>
            """).Nodes[0];

        Assert.Equal(new NodeId("a;b", 1), node.NodeId);
        Assert.Equal(NodeClass.Variable, node.NodeClass);
        Assert.Equal(new QualifiedName("Power", 1), node.BrowseName);
        Assert.Equal([new LocalizedText("Power", "en"), new LocalizedText("Leistung", "de")], node.DisplayNames);
        Assert.Equal([new LocalizedText("What it draws")], node.Descriptions);
        Assert.Equal(new NodeId(7, 1), node.ParentNodeId);
        Assert.Equal(new NodeId(6u), node.DataType);
        Assert.Equal(2, node.ValueRank);
        Assert.Equal([3u, 0u], node.ArrayDimensions!);
        Assert.Equal((65539u, (byte)3), (node.AccessLevelEx, node.AccessLevel));
        Assert.Equal(0.5, node.MinimumSamplingInterval);
        Assert.True(node.Historizing);
        Assert.Equal(32u, node.WriteMask);
        Assert.Equal((ushort)3, node.AccessRestrictions);
        Assert.Equal("ThePower", node.SymbolicName);
        Assert.Equal([new RolePermission(new NodeId(15644u), 33)], node.RolePermissions!);
        Assert.Equal(
            [new NodeReference(new NodeId(47u), false, new NodeId(7, 1)), new NodeReference(new NodeId(40u), true, new NodeId(63u))], node.References);
        Assert.True(node.Value.IsNull);
    }

    [Fact]
    public void What_the_file_leaves_out_has_the_defaults_of_the_schema()
    {
        var node = NodeSetXml.Read("""<UAVariable NodeId="ns=1;i=1" BrowseName="1:V" />""").Nodes[0];

        Assert.Equal(new LocalizedText("V"), node.DisplayName);
        Assert.Equal((new NodeId(24u), -1, 1u), (node.DataType, node.ValueRank, node.AccessLevelEx));
        Assert.Null(node.ArrayDimensions);
        Assert.Null(node.RolePermissions);
        Assert.Null(node.AccessRestrictions);
        Assert.Null(node.ParentNodeId);
        Assert.Empty(node.Descriptions);
    }

    [Fact]
    public void Every_node_class_is_read()
    {
        var nodes = NodeSetXml.Read("""
            <UAObject NodeId="ns=1;i=1" BrowseName="1:A" EventNotifier="1" />
            <UAVariable NodeId="ns=1;i=2" BrowseName="1:B" />
            <UAMethod NodeId="ns=1;i=3" BrowseName="1:C" Executable="false" MethodDeclarationId="ns=1;i=33" />
            <UAView NodeId="ns=1;i=4" BrowseName="1:D" ContainsNoLoops="1" />
            <UAObjectType NodeId="ns=1;i=5" BrowseName="1:E" IsAbstract="true" />
            <UAVariableType NodeId="ns=1;i=6" BrowseName="1:F" DataType="String" ValueRank="-2" />
            <UADataType NodeId="ns=1;i=7" BrowseName="1:G" />
            <UAReferenceType NodeId="ns=1;i=8" BrowseName="1:H" Symmetric="true"><InverseName>HOf</InverseName></UAReferenceType>
            """).Nodes;

        Assert.Equal(
            [NodeClass.Object, NodeClass.Variable, NodeClass.Method, NodeClass.View, NodeClass.ObjectType, NodeClass.VariableType, NodeClass.DataType, NodeClass.ReferenceType],
            nodes.Select(n => n.NodeClass));
        Assert.Equal(1, nodes[0].EventNotifier);
        Assert.False(nodes[2].Executable);
        Assert.Equal(new NodeId(33, 1), nodes[2].MethodDeclarationId);
        Assert.True(nodes[3].ContainsNoLoops);
        Assert.True(nodes[4].IsAbstract);
        Assert.Equal((new NodeId(12u), -2), (nodes[5].DataType, nodes[5].ValueRank));
        Assert.True(nodes[7].Symmetric);
        Assert.Equal([new LocalizedText("HOf")], nodes[7].InverseNames);
    }

    [Fact]
    public void HasNoPermissions_is_an_empty_list_not_an_absent_one()
    {
        var nodes = NodeSetXml.Read("""
            <UAObject NodeId="ns=1;i=1" BrowseName="1:A" HasNoPermissions="true" />
            <UAObject NodeId="ns=1;i=2" BrowseName="1:B" />
            """).Nodes;

        Assert.Empty(nodes[0].RolePermissions!);
        Assert.Null(nodes[1].RolePermissions);
    }

    [Fact]
    public void A_target_in_another_server_names_its_namespace_by_URI()
    {
        var document = NodeSetXml.Document("""
            <UAObject NodeId="ns=1;i=1" BrowseName="1:A"><References>
              <Reference ReferenceType="HasComponent">svr=1;ns=1;i=5</Reference>
              <Reference ReferenceType="HasComponent">nsu=urn:test:model;i=6</Reference>
              <Reference ReferenceType="HasComponent">nsu=urn:elsewhere;i=7</Reference>
            </References></UAObject>
            """).Replace("<Models>", "<ServerUris><Uri>urn:other:server</Uri></ServerUris><Models>", StringComparison.Ordinal);

        var nodeSet = NodeSetXml.ReadDocument(document);

        Assert.Equal(["urn:other:server"], nodeSet.ServerUris);
        Assert.Equal(
            [new ExpandedNodeId(new NodeId(5u), NodeSetXml.Uri, 1), new NodeId(6, 1), new ExpandedNodeId(new NodeId(7u), "urn:elsewhere")],
            nodeSet.Nodes[0].References.Select(r => r.Target));
    }
}
