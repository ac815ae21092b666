namespace OpcPortal.Ua.Types.Tests.BuiltIn;

/// <summary>Ids and names as text. Part 6 5.1.12; Part 3 8.2.4 says which ids are null.</summary>
public sealed class IdTextTests
{
    [Theory]
    [InlineData("i=13")]
    [InlineData("ns=10;i=4294967295")]
    [InlineData("ns=10;s=Hello:World")]
    [InlineData("ns=1;s=a;b=c")]
    [InlineData("g=09087e75-8e5e-499b-954f-f2a9603db28a")]
    [InlineData("ns=1;b=M/RbKBsRVkePCePcx24oRA==")]
    public void An_id_reads_back_from_its_text(string text)
    {
        Assert.Equal(text, NodeId.Parse(text).ToString());
        Assert.True(ExpandedNodeId.TryParse("svr=3;" + text, out var expanded));
        Assert.Equal("svr=3;" + text, expanded.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("13")]
    [InlineData("i=-1")]
    [InlineData("i=4294967296")]
    [InlineData("i= 1")]
    [InlineData("ns=65536;i=1")]
    [InlineData("ns=-1;i=1")]
    [InlineData("ns=1")]
    [InlineData("ns=1;ns=2;i=1")]
    [InlineData("x=1")]
    [InlineData("g=1")]
    [InlineData("b=*")]
    public void What_is_no_id_is_refused(string text) => Assert.False(NodeId.TryParse(text, out _));

    [Theory]
    [InlineData("nsu=urn:a%3Bb%25;i=1", "urn:a;b%")]
    [InlineData("nsu=http://x/;s=n", "http://x/")]
    public void A_namespace_may_be_named_by_its_URI(string text, string uri)
    {
        Assert.True(ExpandedNodeId.TryParse(text, out var id));
        Assert.Equal(uri, id.NamespaceUri);
        Assert.Equal(text, id.ToString());
    }

    [Theory]
    [InlineData("nsu=;i=1")]
    [InlineData("nsu=urn:x;ns=1;i=1")]
    [InlineData("svr=;i=1")]
    [InlineData("svr=4294967296;i=1")]
    public void What_is_no_expanded_id_is_refused(string text) => Assert.False(ExpandedNodeId.TryParse(text, out _));

    [Fact]
    public void An_id_of_namespace_0_that_says_nothing_is_null()
    {
        foreach (var id in new[] { default, new NodeId(0), new NodeId("", 0), new NodeId(Guid.Empty, 0), new NodeId([], 0) }) Assert.True(id.IsNull, id.ToString());
        foreach (var id in new[] { new NodeId(0, 1), new NodeId("", 1), new NodeId(1), new NodeId([0], 0) }) Assert.False(id.IsNull, id.ToString());
    }

    // Part 4 7.39.1: info type DataValue and the overflow bit make 0x480.
    [Fact]
    public void The_overflow_of_a_queue_stands_in_the_info_bits()
    {
        Assert.Equal(0x0000_0480u, new StatusCode(StatusCodes.Good).WithOverflow().Code);
        Assert.Equal(0u, new StatusCode(StatusCodes.Good).WithOverflow().WithoutOverflow().Code);
        Assert.True(new StatusCode(0x8000_0480).HasOverflow);
        Assert.False(new StatusCode(0x8000_0080).HasOverflow);
        Assert.Equal(StatusCodes.BadNoData, new StatusCode(StatusCodes.BadNoData | 0x480).CodeBits);
    }

    // Part 4 7.39.1, Part 13 5.3.3: bits 0 to 4 of the info of a DataValue, whose type is 01.
    [Theory]
    [InlineData(AggregateBits.Calculated, 0x0000_0401u)]
    [InlineData(AggregateBits.Interpolated | AggregateBits.Partial, 0x0000_0406u)]
    [InlineData(AggregateBits.Calculated | AggregateBits.ExtraData | AggregateBits.MultiValue, 0x0000_0419u)]
    [InlineData(AggregateBits.Raw, 0u)]
    public void Where_an_aggregate_came_from_stands_in_its_status(AggregateBits bits, uint code)
    {
        var status = new StatusCode(StatusCodes.Good).WithAggregateBits(bits);
        Assert.Equal((code, bits), (status.Code, status.AggregateBits));
        // A queue that overflows says so beside it.
        Assert.Equal(bits, status.WithOverflow().AggregateBits);
        Assert.Equal(status, status.WithOverflow().WithoutOverflow());
        // Without the info type the bits mean nothing.
        Assert.Equal(AggregateBits.Raw, new StatusCode(code & 0xFFFF_F0FF).AggregateBits);
    }
}
