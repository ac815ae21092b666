namespace OpcPortal.Ua.NodeSets;

/// <summary>DataTypes of a file, their definitions (Part 3 8.48) and values of them (Part 6 5.3.5 to 5.3.7).</summary>
public sealed class NodeSet2ReaderStructureTests
{
    private static string Type(int id, string name, string baseType, string definition, string attributes = "") => $"""
        <UADataType NodeId="ns=1;i={id}" BrowseName="1:{name}" {attributes}>
          <References>
            <Reference ReferenceType="HasSubtype" IsForward="false">{baseType}</Reference>
            <Reference ReferenceType="HasEncoding">ns=1;i={id + 1000}</Reference>
          </References>
          {definition}
        </UADataType>
        <UAObject NodeId="ns=1;i={id + 1000}" BrowseName="Default Binary" />
        """;

    private static readonly string Point = Type(10, "Point", "i=22", """
        <Definition Name="1:Point"><Field Name="X" DataType="i=11" /><Field Name="Y" DataType="i=11" /></Definition>
        """);

    private static readonly string Named = Type(11, "NamedPoint", "ns=1;i=10", """
        <Definition Name="1:NamedPoint"><Field Name="Names" DataType="String" ValueRank="1" /><Field Name="Kind" DataType="ns=1;i=13" /><Field Name="Inner" DataType="ns=1;i=10" /></Definition>
        """);

    private static readonly string Optional = Type(12, "Optional", "i=22", """
        <Definition Name="1:Optional"><Field Name="A" DataType="Int32" /><Field Name="B" DataType="Int32" IsOptional="true" /><Field Name="C" DataType="Int32" IsOptional="true" /></Definition>
        """);

    private static readonly string Kind = Type(13, "Kind", "i=29", """
        <Definition Name="1:Kind"><Field Name="None" Value="0" /><Field Name="Some" Value="5"><DisplayName>some of it</DisplayName></Field><Field Name="Next" /></Definition>
        """);

    private static readonly string Either = Type(14, "Either", "i=12756", """
        <Definition Name="1:Either" IsUnion="true"><Field Name="Number" DataType="Int32" /><Field Name="Text" DataType="String" /></Definition>
        """);

    // The roots of ns 0 that the types build on, as a file that came before would have told.
    private static NodeSetReaderOptions Options()
    {
        var catalog = new DataTypeCatalog();
        catalog.Add(new NodeSet
        {
            NamespaceUris = [],
            Nodes = [Root(24), Root(22, 24), Root(29, 24), Root(12756, 22), Root(7, 24), .. new uint[] { 6, 11, 12, 17 }.Select(id => Root(id, 24))],
        });
        return new NodeSetReaderOptions { SourceName = "test.xml", Types = catalog };
    }

    private static NodeRecord Root(uint id, uint baseType = 0) => new()
    {
        NodeId = new NodeId(id),
        NodeClass = NodeClass.DataType,
        BrowseName = new QualifiedName($"T{id}"),
        IsAbstract = id is 22 or 24 or 29 or 12756,
        References = baseType == 0 ? [] : [new NodeReference(new NodeId(45u), false, new NodeId(baseType))],
    };

    private static byte[] Body(int id, string fields) => NodeSetXml.Value($"""
        <uax:ExtensionObject><uax:TypeId><uax:Identifier>ns=1;i={id + 1000}</uax:Identifier></uax:TypeId><uax:Body><V xmlns="urn:test:model/Types.xsd">{fields}</V></uax:Body></uax:ExtensionObject>
        """, Point + Named + Optional + Kind + Either, Options()).AsExtensionObject()!.Binary!.Value.Span.ToArray();

    [Fact]
    public void A_structure_is_told_with_inherited_fields_first()
    {
        var nodes = NodeSetXml.Read(Named + Point + Kind, Options()).Nodes;

        var definition = Assert.IsType<StructureDefinition>(nodes[0].DataTypeDefinition);
        Assert.Equal(["X", "Y", "Names", "Kind", "Inner"], definition.Fields!.Select(f => f.Name));
        Assert.Equal([-1, -1, 1, -1, -1], definition.Fields!.Select(f => f.ValueRank));
        Assert.Equal((new NodeId(1011, 1), new NodeId(10, 1), StructureType.Structure), (definition.DefaultEncodingId, definition.BaseDataType, definition.StructureType));
    }

    [Fact]
    public void An_enumeration_counts_on_where_a_value_is_left_out()
    {
        var definition = Assert.IsType<EnumDefinition>(NodeSetXml.Read(Kind, Options()).Nodes[0].DataTypeDefinition);

        Assert.Equal([("None", 0L), ("Some", 5L), ("Next", 6L)], definition.Fields!.Select(f => (f.Name, f.Value)));
        Assert.Equal(new LocalizedText("some of it"), definition.Fields![1].DisplayName);
    }

    [Fact]
    public void An_option_set_on_a_number_is_told_as_an_enumeration_of_its_bits()
    {
        var type = Type(15, "Bits", "i=7", """<Definition Name="1:Bits" IsOptionSet="true"><Field Name="First" Value="0" /><Field Name="Third" Value="2" /></Definition>""");

        var definition = Assert.IsType<EnumDefinition>(NodeSetXml.Read(type, Options()).Nodes[0].DataTypeDefinition);

        Assert.Equal([("First", 0L), ("Third", 2L)], definition.Fields!.Select(f => (f.Name, f.Value)));
    }

    [Fact]
    public void Optional_fields_and_unions_are_told_as_such()
    {
        var nodes = NodeSetXml.Read(Optional + Either, Options()).Nodes;

        var optional = Assert.IsType<StructureDefinition>(nodes[0].DataTypeDefinition);
        Assert.Equal((StructureType.StructureWithOptionalFields, false, true), (optional.StructureType, optional.Fields![0].IsOptional, optional.Fields[1].IsOptional));
        Assert.Equal(StructureType.Union, Assert.IsType<StructureDefinition>(nodes[2].DataTypeDefinition).StructureType);
    }

    [Fact]
    public void A_structure_becomes_its_binary_body_whatever_the_order_of_its_fields() =>
        // Part 6 5.2.6: X, Y as Doubles.
        Assert.Equal([0, 0, 0, 0, 0, 0, 0xF0, 0x3F, 0, 0, 0, 0, 0, 0, 0, 0x40], Body(10, "<Y>2</Y><X>1</X>"));

    [Fact]
    public void A_subtype_has_inherited_fields_arrays_enumerations_and_structures_in_line() =>
        Assert.Equal(
            [
                0, 0, 0, 0, 0, 0, 0xF0, 0x3F, 0, 0, 0, 0, 0, 0, 0, 0, // X 1, Y left out
                2, 0, 0, 0, 1, 0, 0, 0, (byte)'a', 0xFF, 0xFF, 0xFF, 0xFF, // Names: "a", null
                5, 0, 0, 0, // Kind
                0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x40, // Inner: X left out, Y 2
            ],
            Body(11, """<X>1</X><Names><String>a</String><String xsi:nil="true" /></Names><Kind>Some_5</Kind><Inner><Y>2</Y></Inner>"""));

    [Theory]
    [InlineData("<A>1</A>", new byte[] { 0, 0, 0, 0, 1, 0, 0, 0 })]
    [InlineData("<A>1</A><C>3</C>", new byte[] { 2, 0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0 })]
    [InlineData("<EncodingMask>1</EncodingMask><A>1</A><B>2</B>", new byte[] { 1, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0 })]
    public void Optional_fields_are_announced_by_a_mask(string fields, byte[] expected) => Assert.Equal(expected, Body(12, fields)); // Part 6 5.2.7

    [Theory]
    [InlineData("", new byte[] { 0, 0, 0, 0 })]
    [InlineData("<SwitchField>2</SwitchField><Text>a</Text>", new byte[] { 2, 0, 0, 0, 1, 0, 0, 0, (byte)'a' })]
    [InlineData("<Number>4</Number>", new byte[] { 1, 0, 0, 0, 4, 0, 0, 0 })]
    public void A_union_has_its_switch_and_one_field(string fields, byte[] expected) => Assert.Equal(expected, Body(14, fields)); // Part 6 5.2.8

    [Theory]
    [InlineData(10, "<Z>1</Z>", "no field Z")]
    [InlineData(10, "<X>1</X><X>2</X>", "twice")]
    [InlineData(14, "<SwitchField>3</SwitchField>", "no field 3")]
    [InlineData(11, "<Kind>Some</Kind>", "Some")]
    public void A_structure_that_does_not_fit_its_definition_is_refused(int type, string fields, string expected) =>
        Assert.Contains(expected, NodeSetXml.Refused(() => Body(type, fields)).Reason, StringComparison.Ordinal);

    [Fact]
    public void A_structure_that_holds_itself_is_refused_instead_of_expanded_without_end()
    {
        var loop = Type(20, "Loop", "i=22", """<Definition Name="1:Loop"><Field Name="Next" DataType="ns=1;i=20" /></Definition>""");
        var doubling = string.Concat(Enumerable.Range(30, 40).Select(i => Type(i, $"D{i}", "i=22", $"""
            <Definition Name="x"><Field Name="A" DataType="ns=1;i={i + 1}" /><Field Name="B" DataType="ns=1;i={i + 1}" /></Definition>
            """))) + Type(70, "D70", "i=22", """<Definition Name="x"><Field Name="A" DataType="Int32" /></Definition>""");

        Assert.Contains("hold itself", NodeSetXml.Refused(() => Value(1020, loop)).Reason, StringComparison.Ordinal);
        Assert.Contains("fields and elements", NodeSetXml.Refused(() => Value(1030, doubling)).Reason, StringComparison.Ordinal);

        static Variant Value(int encoding, string types) => NodeSetXml.Value(
            $"<uax:ExtensionObject><uax:TypeId><uax:Identifier>ns=1;i={encoding}</uax:Identifier></uax:TypeId><uax:Body><V /></uax:Body></uax:ExtensionObject>",
            types, Options() with { Limits = new NodeSetLimits { MaxValueFields = 10_000 } });
    }

    [Fact]
    public void Types_that_derive_from_each_other_in_a_circle_are_refused_or_left_undefined_but_end()
    {
        var circle = Type(20, "A", "ns=1;i=21", """<Definition Name="A"><Field Name="X" DataType="Int32" /></Definition>""")
            + Type(21, "B", "ns=1;i=20", """<Definition Name="B"><Field Name="Y" DataType="Int32" /></Definition>""");

        Assert.All(NodeSetXml.Read(circle, Options()).Nodes, n => Assert.Null(n.DataTypeDefinition));
    }

    [Fact]
    public void A_structure_of_the_standard_becomes_typed()
    {
        var catalog = new DataTypeCatalog();
        catalog.Add(new NodeSet
        {
            NamespaceUris = [],
            Nodes =
            [
                Root(24), Root(22, 24), Root(12, 24), Root(6, 24), Root(7, 24), Root(17, 24), Root(21, 24),
                Root(296, 22) with
                {
                    References = [new NodeReference(new NodeId(45u), false, new NodeId(22u)), new NodeReference(new NodeId(38u), true, new NodeId(298u)), new NodeReference(new NodeId(38u), true, new NodeId(297u))],
                    DataTypeDefinition = new StructureDefinition
                    {
                        BaseDataType = new NodeId(22u),
                        Fields =
                        [
                            Field("Name", 12), Field("DataType", 17), Field("ValueRank", 6), Field("ArrayDimensions", 7, rank: 1), Field("Description", 21),
                        ],
                    },
                },
                Encoding(298, "Default Binary"), Encoding(297, "Default XML"),
            ],
        });

        var value = NodeSetXml.Value("""
            <uax:ListOfExtensionObject><uax:ExtensionObject><uax:TypeId><uax:Identifier>i=297</uax:Identifier></uax:TypeId><uax:Body><uax:Argument>
              <uax:Name>Start</uax:Name><uax:DataType><uax:Identifier>ns=1;i=10</uax:Identifier></uax:DataType><uax:ValueRank>-1</uax:ValueRank><uax:ArrayDimensions />
            </uax:Argument></uax:Body></uax:ExtensionObject></uax:ListOfExtensionObject>
            """, options: new NodeSetReaderOptions { Types = catalog });

        var argument = Assert.IsType<Argument>(Assert.Single(Assert.IsType<ExtensionObject[]>(value.Elements))!.Structure);
        Assert.Equal(("Start", new NodeId(10, 1), -1), (argument.Name, argument.DataType, argument.ValueRank));
    }

    private static StructureField Field(string name, uint type, int rank = -1) => new() { Name = name, DataType = new NodeId(type), ValueRank = rank };

    private static NodeRecord Encoding(uint id, string name) => new() { NodeId = new NodeId(id), NodeClass = NodeClass.Object, BrowseName = new QualifiedName(name) };

    [Fact]
    public void A_value_of_a_type_that_nobody_told_of_stays_XML()
    {
        var value = NodeSetXml.Value("<uax:ExtensionObject><uax:TypeId><uax:Identifier>ns=1;i=99</uax:Identifier></uax:TypeId><uax:Body><a xmlns=\"\">1</a></uax:Body></uax:ExtensionObject>").AsExtensionObject()!;

        Assert.Equal(new ExpandedNodeId(new NodeId(99, 1)), value.TypeId);
        Assert.Equal("<a xmlns=\"\">1</a>", value.Xml!.Value.ToString());
    }

    [Fact]
    public void Indexes_inside_values_and_definitions_become_those_of_the_server()
    {
        var catalog = Options().Types!;
        var set = NodeSetXml.Read(Point + Type(16, "Link", "i=22", """<Definition Name="x"><Field Name="Target" DataType="i=17" /><Field Name="At" DataType="ns=1;i=10" /></Definition>""") + """
            <UAVariable NodeId="ns=1;i=1" BrowseName="1:V" DataType="ns=1;i=16" ParentNodeId="ns=1;i=2"><Value><uax:ListOfExtensionObject><uax:ExtensionObject>
              <uax:TypeId><uax:Identifier>ns=1;i=1016</uax:Identifier></uax:TypeId><uax:Body><Link><Target><uax:Identifier>ns=1;i=5</uax:Identifier></Target><At><X>1</X></At></Link></uax:Body>
            </uax:ExtensionObject></uax:ListOfExtensionObject></Value></UAVariable>
            <UAVariable NodeId="ns=1;i=2" BrowseName="1:W"><Value><uax:ListOfVariant><uax:Variant><uax:Value><uax:NodeId><uax:Identifier>ns=1;s=x</uax:Identifier></uax:NodeId></uax:Value></uax:Variant>
              <uax:Variant><uax:Value><uax:QualifiedName><uax:NamespaceIndex>1</uax:NamespaceIndex><uax:Name>q</uax:Name></uax:QualifiedName></uax:Value></uax:Variant></uax:ListOfVariant></Value></UAVariable>
            """, new NodeSetReaderOptions { Types = catalog });
        catalog.Add(set);
        var table = new NamespaceTable("urn:server");
        table.GetOrAdd("urn:other");

        var mapped = set.Remap(table, catalog);

        Assert.True(table.TryGetIndex(NodeSetXml.Uri, out var index));
        Assert.Equal(3, index);
        Assert.Equal(table.ToArray()[1..], mapped.NamespaceUris);
        var link = mapped.Nodes.Single(n => n.NodeId == new NodeId(1, 3));
        Assert.Equal((new QualifiedName("V", 3), new NodeId(16, 3), (NodeId?)new NodeId(2, 3)), (link.BrowseName, link.DataType, link.ParentNodeId));
        var body = Assert.Single(Assert.IsType<ExtensionObject[]>(link.Value.Elements))!;
        Assert.Equal(new ExpandedNodeId(new NodeId(1016, 3)), body.TypeId);
        // Part 6 5.2.2.9: four bytes form, namespace 3, identifier 5; then X 1, Y 0.
        Assert.Equal([1, 3, 5, 0, 0, 0, 0, 0, 0, 0, 0xF0, 0x3F, 0, 0, 0, 0, 0, 0, 0, 0], body.Binary!.Value.Span.ToArray());
        Assert.Equal([new Variant(new NodeId("x", 3)), new Variant(new QualifiedName("q", 3))], Assert.IsType<Variant[]>(mapped.Nodes[^1].Value.Elements));
        var definition = Assert.IsType<StructureDefinition>(mapped.Nodes.Single(n => n.NodeId == new NodeId(16, 3)).DataTypeDefinition);
        Assert.Equal((new NodeId(1016, 3), new NodeId(10, 3)), (definition.DefaultEncodingId, definition.Fields![1].DataType));
        // The set itself is untouched.
        Assert.Contains(set.Nodes, n => n.NodeId == new NodeId(1, 1));
    }
}
