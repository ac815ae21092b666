using System.Text;
using OpcPortal.Ua.NodeSets;

namespace OpcPortal.Fuzz.Targets;

/// <summary>NodeSet files: from an administrator, but broken, or not his.</summary>
internal static class NodeSetTargets
{
    private const string Document = """
        <UANodeSet xmlns="http://opcfoundation.org/UA/2011/03/UANodeSet.xsd" xmlns:uax="http://opcfoundation.org/UA/2008/02/Types.xsd">
          <NamespaceUris><Uri>urn:fuzz</Uri></NamespaceUris>
          <Models><Model ModelUri="urn:fuzz" Version="1" PublicationDate="2025-01-31T00:00:00Z"/></Models>
          <Aliases><Alias Alias="HasSubtype">i=45</Alias><Alias Alias="HasEncoding">i=38</Alias></Aliases>
          <UADataType NodeId="ns=1;i=10" BrowseName="1:Point"><References><Reference ReferenceType="HasSubtype" IsForward="false">i=22</Reference>
            <Reference ReferenceType="HasEncoding">ns=1;i=11</Reference></References><Definition Name="1:Point"><Field Name="X" DataType="i=6"/></Definition></UADataType>
          <UAObject NodeId="ns=1;i=11" BrowseName="Default Binary"/>
          <UAVariable NodeId="ns=1;s=v" BrowseName="1:V" DataType="ns=1;i=10" ValueRank="2" ArrayDimensions="1,2"><Value><uax:ExtensionObject>
            <uax:TypeId><uax:Identifier>ns=1;i=11</uax:Identifier></uax:TypeId><uax:Body><Point><X>1</X></Point></uax:Body></uax:ExtensionObject></Value></UAVariable>
          <UAVariable NodeId="ns=1;i=12" BrowseName="1:W"><Value><uax:ListOfInt32><uax:Int32>1</uax:Int32><uax:Int32>2</uax:Int32></uax:ListOfInt32></Value></UAVariable>
        </UANodeSet>
        """;

    private static readonly byte[][] Pieces = [.. new[]
    {
        "<!DOCTYPE a [<!ENTITY a 'b'>]>", "&a;", "&#0;", "<![CDATA[", "]]>", "<!--", "ns=65535;", "i=0", "-1", "NaN", "9999-12-31T23:59:59-14:00", "HasSubtype", "ns=1;i=10", "uax:Matrix", "uax:Variant", "\"", "<", "/>",
    }.Select(Encoding.UTF8.GetBytes)];

    public static IReadOnlyList<IFuzzTarget> All { get; } =
    [
        // XLinq and XmlReader: an element of four characters is an object of some hundred bytes, and the reader's buffers are large.
        new FuzzTarget<NodeSetException>("node-set-xml", Xml, static () => [Encoding.UTF8.GetBytes(Document)]) { Pieces = Pieces, BytesPerInputByte = 1024 },
        // A byte of Brotli may stand for a thousand: MaxUnpackedBytes bounds those, this seed is not packed.
        new FuzzTarget<NodeSetException>("node-set-compact", Compact, static () => [CompactNodeSet.Write(Parsed(), pack: false)]) { BytesPerInputByte = 512 },
    ];

    private static NodeSet Parsed() => NodeSet2Reader.Read(new MemoryStream(Encoding.UTF8.GetBytes(Document)));

    private static bool Xml(byte[] input)
    {
        var types = new DataTypeCatalog();
        var set = NodeSet2Reader.Read(new MemoryStream(input), new NodeSetReaderOptions { Types = types });
        types.Add(set);
        set.Remap(new NamespaceTable("urn:server"), types);
        return true;
    }

    private static bool Compact(byte[] input)
    {
        // Byte 5 says how the rest is packed; Brotli's own decoder is not ours to test.
        if (input.Length > 5) input[5] = 0;
        var first = CompactNodeSet.Write(CompactNodeSet.Read(input), pack: false);
        if (!first.AsSpan().SequenceEqual(CompactNodeSet.Write(CompactNodeSet.Read(first), pack: false))) throw new FuzzException("What was written reads back otherwise.");
        return true;
    }
}
