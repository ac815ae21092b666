using System.Text;

namespace OpcPortal.Ua.NodeSets;

/// <summary>Whatever is done to a file, the readers return or throw their one exception; and what they return can be used.</summary>
public sealed class NodeSetMutationTests
{
    private const int Rounds = 4_000;

    private static readonly string Document = NodeSetXml.Document("""
        <UADataType NodeId="ns=1;i=10" BrowseName="1:Point"><References><Reference ReferenceType="HasSubtype" IsForward="false">i=22</Reference>
          <Reference ReferenceType="HasEncoding">ns=1;i=1010</Reference></References>
          <Definition Name="1:Point"><Field Name="X" DataType="Int32" /><Field Name="Y" DataType="String" ValueRank="1" /></Definition></UADataType>
        <UAObject NodeId="ns=1;i=1010" BrowseName="Default Binary" />
        <UAVariable NodeId="ns=1;i=1" BrowseName="1:V" ArrayDimensions="2,3" ValueRank="2" AccessLevel="3"><DisplayName Locale="en">V</DisplayName>
          <Value><uax:Matrix><uax:Dimensions><uax:Int32>2</uax:Int32><uax:Int32>1</uax:Int32></uax:Dimensions><uax:Elements><uax:Guid><uax:String>72962b91-fa75-4ae6-8d28-b404dc7daf63</uax:String></uax:Guid><uax:Guid/></uax:Elements></uax:Matrix></Value></UAVariable>
        <UAVariable NodeId="ns=1;s=2" BrowseName="1:W"><RolePermissions><RolePermission Permissions="33">i=15644</RolePermission></RolePermissions>
          <Value><uax:ListOfExtensionObject><uax:ExtensionObject><uax:TypeId><uax:Identifier>ns=1;i=1010</uax:Identifier></uax:TypeId><uax:Body><Point><X>1</X><Y><String>a</String></Y></Point></uax:Body></uax:ExtensionObject></uax:ListOfExtensionObject></Value></UAVariable>
        <UAVariable NodeId="ns=1;s=3" BrowseName="1:X"><Value><uax:ListOfVariant><uax:Variant><uax:Value><uax:DateTime>2025-01-31T00:00:00Z</uax:DateTime></uax:Value></uax:Variant>
          <uax:Variant><uax:Value><uax:DataValue><uax:Value><uax:ByteString>AQID</uax:ByteString></uax:Value></uax:DataValue></uax:Value></uax:Variant></uax:ListOfVariant></Value></UAVariable>
        <UAVariable NodeId="ns=1;s=4" BrowseName="1:Y"><Value><uax:XmlElement><a b="c">1</a></uax:XmlElement></Value></UAVariable>
        """);

    // Pieces that mean something to the reader, so that mutation gets past the first check.
    private static readonly string[] Pieces =
    [
        "ns=1;", "ns=65535;", "svr=1;", "nsu=urn:x;", "i=", "g=", "b=AQ==", "i=22", "i=0", "-1", "2147483648", "9999999999999999999999", "NaN", "INF", "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00", "&#0;", "&#x1;", "&lt;", "&a;", "<!DOCTYPE a [<!ENTITY a 'b'>]>", "<!--", "-->", "<![CDATA[", "]]>", "<?a b?>", "xmlns:a=\"\"", "xmlns=\"\"",
        "xsi:nil=\"true\"", "HasSubtype", "HasEncoding", "ns=1;i=10", "ns=1;i=1010", "uax:Matrix", "uax:Variant", "uax:ListOfInt32", "uax:DiagnosticInfo", "uax:QualifiedName", "\0", "\uFFFF", "\uD800", "", " ",
    ];

    [Fact]
    public void A_mutated_document_gives_a_NodeSet_or_the_named_exception()
    {
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        var read = 0;
        for (var round = 0; round < Rounds; round++)
        {
            var text = new StringBuilder(Document);
            for (var i = random.Next(1, 4); i > 0; i--) Mutate(text, random);
            var bytes = Encoding.UTF8.GetBytes(text.ToString());
            if (random.Next(8) == 0) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            if (Use(bytes, $"seed {seed}, round {round}")) read++;
        }

        // Mutation that nothing survives would test the XML parser only.
        Assert.InRange(read, Rounds / 20, Rounds - 1);
    }

    private static void Mutate(StringBuilder text, Random random)
    {
        var at = random.Next(text.Length);
        var length = Math.Min(random.Next(1, 12), text.Length - at);
        switch (random.Next(5))
        {
            case 0:
                text.Remove(at, length);
                break;
            case 1:
                text.Insert(at, Pieces[random.Next(Pieces.Length)]);
                break;
            case 2:
                text.Insert(random.Next(text.Length), text.ToString(at, length));
                break;
            case 3:
                text[at] = (char)random.Next(32, 127);
                break;
            default:
                ReplaceText(text, at, Pieces[random.Next(Pieces.Length)]);
                break;
        }
    }

    // The whole of an attribute or text, so that the document stays well formed.
    private static void ReplaceText(StringBuilder text, int at, string piece)
    {
        var whole = text.ToString();
        var start = whole.IndexOfAny(['"', '>'], at);
        if (start < 0) return;
        var end = whole.IndexOfAny(['"', '<'], start + 1);
        if (end > start) text.Remove(start + 1, end - start - 1).Insert(start + 1, piece);
    }

    private static bool Use(byte[] bytes, string what)
    {
        try
        {
            var catalog = new DataTypeCatalog();
            var set = NodeSet2Reader.Read(new MemoryStream(bytes), new NodeSetReaderOptions { Types = catalog });
            catalog.Add(set);
            set.Remap(new NamespaceTable("urn:server"), catalog);
            CompactNodeSet.Read(CompactNodeSet.Write(set, pack: false));
            return true;
        }
        catch (NodeSetException e)
        {
            Assert.True(e.Reason.Length > 0, what);
            return false;
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"{what}: {e.GetType().Name} instead of {nameof(NodeSetException)}\n{Encoding.UTF8.GetString(bytes)}", e);
        }
    }

    [Fact]
    public void Mutated_compact_bytes_give_a_NodeSet_or_the_named_exception()
    {
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        var sources = new[] { CompactNodeSet.Write(CompactNodeSetTests.Sample, pack: false), CompactNodeSet.Write(CompactNodeSetTests.Sample), CompactNodeSet.Write(NodeSetXml.ReadDocument(Document), pack: false) };
        var read = 0;
        for (var round = 0; round < 50_000; round++)
        {
            var bytes = (byte[])sources[random.Next(sources.Length)].Clone();
            for (var i = random.Next(1, 4); i > 0; i--) bytes[random.Next(bytes.Length)] = random.Next(3) == 0 ? (byte)0xFF : (byte)random.Next(256);
            if (random.Next(6) == 0) bytes = bytes[..random.Next(bytes.Length)];
            try
            {
                var set = CompactNodeSet.Read(bytes);
                Assert.True(set.Nodes.All(n => n.NodeClass != NodeClass.Unspecified), $"seed {seed}, round {round}");
                read++;
            }
            catch (NodeSetException)
            {
                // What is hoped for.
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"seed {seed}, round {round}: {e.GetType().Name} from {Convert.ToHexString(bytes)}", e);
            }
        }

        Assert.InRange(read, 1_000, 49_999);
    }
}
