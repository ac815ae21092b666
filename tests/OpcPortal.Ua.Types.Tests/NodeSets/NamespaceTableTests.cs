namespace OpcPortal.Ua.NodeSets;

public sealed class NamespaceTableTests
{
    private const string Application = "urn:opcportal:test";

    [Fact]
    public void The_first_two_namespaces_are_that_of_OPC_UA_and_that_of_the_server()
    {
        var table = new NamespaceTable(Application);

        Assert.Equal([NamespaceTable.OpcUa, Application], table.ToArray());
        Assert.Equal("http://opcfoundation.org/UA/", table[0]);
        Assert.Equal(Application, table[1]);
    }

    [Fact]
    public void A_known_URI_keeps_its_index_and_a_new_one_goes_to_the_end()
    {
        var table = new NamespaceTable(Application);

        Assert.Equal(2, table.GetOrAdd("urn:a"));
        Assert.Equal(3, table.GetOrAdd("urn:b"));
        Assert.Equal(2, table.GetOrAdd("urn:a"));
        Assert.True(table.TryGetIndex("urn:b", out var index));
        Assert.Equal(3, index);
        Assert.Equal(4, table.Count);
    }

    [Fact]
    public void An_unknown_index_or_URI_is_not_found()
    {
        var table = new NamespaceTable(Application);

        Assert.False(table.TryGetUri(2, out _));
        Assert.False(table.TryGetUri(-1, out _));
        Assert.False(table.TryGetIndex("URN:OPCPORTAL:TEST", out _));
        Assert.Throws<ArgumentOutOfRangeException>(() => table[2]);
    }

    [Fact]
    public void The_65_537th_namespace_is_refused_and_the_others_stay()
    {
        var table = new NamespaceTable(Application);
        for (var i = 2; i < NamespaceTable.MaxNamespaces; i++) Assert.Equal(i, table.GetOrAdd($"urn:{i}"));

        Assert.Throws<InvalidOperationException>(() => table.GetOrAdd("urn:one-too-many"));
        Assert.Equal("urn:65535", table[65535]);
        Assert.Equal(NamespaceTable.MaxNamespaces, table.Count);
    }

    [Fact]
    public void A_URI_that_is_empty_or_too_long_is_refused()
    {
        var table = new NamespaceTable(Application);

        Assert.Throws<ArgumentException>(() => table.GetOrAdd(""));
        Assert.Throws<ArgumentException>(() => table.GetOrAdd(new string('x', NamespaceTable.MaxUriLength + 1)));
        Assert.Equal(2, table.GetOrAdd(new string('x', NamespaceTable.MaxUriLength)));
        Assert.Throws<ArgumentException>(() => new NamespaceTable(NamespaceTable.OpcUa));
    }

    [Fact]
    public async Task Threads_that_add_the_same_URIs_agree_on_every_index()
    {
        var table = new NamespaceTable(Application);
        var tasks = Enumerable.Range(0, 4).Select(_ => Task.Run(
            () => Enumerable.Range(0, 500).Select(i => table.GetOrAdd($"urn:{i}")).ToArray(), TestContext.Current.CancellationToken));

        var results = await Task.WhenAll(tasks);

        Assert.Equal(502, table.Count);
        foreach (var indexes in results)
            for (var i = 0; i < indexes.Length; i++) Assert.Equal($"urn:{i}", table[indexes[i]]);
    }
}
