using OpcPortal.Ua.NodeSets;

namespace OpcPortal.Server.Tests;

/// <summary>NodeSet2 files from configuration: put in order by what they require, refused with file, line and reason.</summary>
public sealed class ModelLoaderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("opcportal-models-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Files_are_loaded_in_the_order_of_what_they_require()
    {
        var c = Write("c.xml", "urn:c", "urn:b");
        var b = Write("b.xml", "urn:b", "urn:a", "http://opcfoundation.org/UA/");
        var a = Write("a.xml", "urn:a", "http://opcfoundation.org/UA/DI/");
        Assert.Equal(["urn:a", "urn:b", "urn:c"], ModelLoader.Read(c, b, a).Select(set => set.Models[0].ModelUri));
    }

    [Fact]
    public void A_model_that_no_file_brings_is_named_with_the_line_that_requires_it()
    {
        var refused = Assert.Throws<NodeSetException>(() => ModelLoader.Read(Write("a.xml", "urn:a", "http://opcfoundation.org/UA/", "urn:missing")));
        Assert.Equal(6, refused.Line);
        Assert.Contains("a.xml", refused.Message, StringComparison.Ordinal);
        Assert.Contains("urn:missing", refused.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Models_that_require_each_other_are_refused() =>
        Assert.Contains("circle", Assert.Throws<NodeSetException>(() => ModelLoader.Read(Write("a.xml", "urn:a", "urn:b"), Write("b.xml", "urn:b", "urn:a"))).Reason, StringComparison.Ordinal);

    [Fact]
    public void A_model_that_comes_twice_is_refused() =>
        Assert.Contains("comes with", Assert.Throws<NodeSetException>(() => ModelLoader.Read(Write("a.xml", "urn:a"), Write("b.xml", "urn:a"))).Reason, StringComparison.Ordinal);

    [Fact]
    public void The_standard_itself_cannot_be_replaced() =>
        Assert.Throws<NodeSetException>(() => ModelLoader.Read(Write("a.xml", "http://opcfoundation.org/UA/")));

    [Fact]
    public void A_file_that_is_missing_or_no_XML_is_named()
    {
        Assert.Contains("none.xml", Assert.Throws<NodeSetException>(() => ModelLoader.Read(Path.Combine(_folder, "none.xml"))).Message, StringComparison.Ordinal);
        var broken = Path.Combine(_folder, "broken.xml");
        File.WriteAllText(broken, "<UANodeSet>\n<Models>\n<Model");
        var refused = Assert.Throws<NodeSetException>(() => ModelLoader.Read(broken));
        Assert.Contains("broken.xml", refused.Message, StringComparison.Ordinal);
        Assert.Equal(3, refused.Line);
    }

    [Fact]
    public void A_document_type_with_entities_is_refused()
    {
        // opcua-requirements 3.30: no DTD, no external entity.
        var evil = Path.Combine(_folder, "evil.xml");
        File.WriteAllText(evil, "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><UANodeSet xmlns=\"http://opcfoundation.org/UA/2011/03/UANodeSet.xsd\">&e;</UANodeSet>");
        Assert.Throws<NodeSetException>(() => ModelLoader.Read(evil));
    }

    private string Write(string name, string uri, params string[] required)
    {
        var file = Path.Combine(_folder, name);
        File.WriteAllText(file, $"""
            <UANodeSet xmlns="http://opcfoundation.org/UA/2011/03/UANodeSet.xsd">
              <NamespaceUris><Uri>{uri}</Uri></NamespaceUris>
              <Models>
                <Model ModelUri="{uri}" Version="1.0.0">
            {string.Join('\n', required.Select(model => $"      <RequiredModel ModelUri=\"{model}\" />"))}
                </Model>
              </Models>
            </UANodeSet>
            """);
        return file;
    }
}
