using System.Text;

namespace OpcPortal.Ua.NodeSets;

/// <summary>Small NodeSet documents for tests.</summary>
internal static class NodeSetXml
{
    public const string Uri = "urn:test:model";

    /// <summary>A document with one namespace, the usual aliases and the given nodes. The nodes begin on line 9.</summary>
    public static string Document(string nodes) => $"""
        <?xml version="1.0" encoding="utf-8"?>
        <UANodeSet xmlns="http://opcfoundation.org/UA/2011/03/UANodeSet.xsd" xmlns:uax="http://opcfoundation.org/UA/2008/02/Types.xsd" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
          <NamespaceUris><Uri>{Uri}</Uri></NamespaceUris>
          <Models><Model ModelUri="{Uri}" Version="1.2" PublicationDate="2025-01-31T00:00:00Z"><RequiredModel ModelUri="http://opcfoundation.org/UA/" /></Model></Models>
          <Aliases>
            <Alias Alias="HasSubtype">i=45</Alias><Alias Alias="HasEncoding">i=38</Alias><Alias Alias="HasComponent">i=47</Alias>
            <Alias Alias="Int32">i=6</Alias><Alias Alias="String">i=12</Alias>
          </Aliases>
        {nodes}
        </UANodeSet>
        """;

    public static NodeSet Read(string nodes, NodeSetReaderOptions? options = null) => ReadDocument(Document(nodes), options);

    public static NodeSet ReadDocument(string document, NodeSetReaderOptions? options = null)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(document));
        return NodeSet2Reader.Read(stream, options ?? new NodeSetReaderOptions { SourceName = "test.xml" });
    }

    /// <summary>The value of a variable whose Value element has the given content.</summary>
    public static Variant Value(string content, string otherNodes = "", NodeSetReaderOptions? options = null) => Read($"""
        <UAVariable NodeId="ns=1;i=1" BrowseName="1:V"><Value>{content}</Value></UAVariable>
        {otherNodes}
        """, options).Nodes[0].Value;

    public static NodeSetException Refused(Action read) => Assert.Throws<NodeSetException>(read);
}
