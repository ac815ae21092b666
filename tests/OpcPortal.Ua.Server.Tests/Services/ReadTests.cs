using OpcPortal.Ua.NodeSets;

namespace OpcPortal.Ua.Server.Tests.Services;

/// <summary>Read. Part 4 5.11.2.</summary>
public sealed class ReadTests
{
    private static readonly DateTime Measured = new(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);

    private readonly NodeWorld _world = new(new OperationLimits { MaxNodesPerRead = 3 });

    [Fact]
    public async Task Reading_an_unknown_node_fails_only_that_item()
    {
        var node = _world.Variable("v", 7);
        var items = new[] { node, NodeWorld.Id("none"), new NodeId(1, 77) }.Select(n => new ReadValueId { NodeId = n, AttributeId = AttributeIds.Value }).ToArray();
        var response = await _world.Send<ReadResponse>(new ReadRequest { NodesToRead = items, TimestampsToReturn = TimestampsToReturn.Neither });
        Assert.Equal(new DataValue(7), response.Results![0]);
        Assert.Equal(["BadNodeIdUnknown", "BadNodeIdUnknown"], response.Results[1..].Select(r => r.StatusCode.ToString()));
        Assert.All(response.Results[1..], r => Assert.True(r.Value.IsNull));
    }

    // Part 4 7.38: one more than the limit is too many, never cut off.
    [Fact]
    public async Task The_number_of_items_is_at_least_one_and_at_most_the_limit()
    {
        Assert.Equal("BadNothingToDo", await NodeWorld.Fault(() => Read(0)));
        Assert.Equal("BadNothingToDo", await NodeWorld.Fault(() => _world.Send<ReadResponse>(new ReadRequest { TimestampsToReturn = TimestampsToReturn.Both })));
        Assert.Equal(3, (await Read(3)).Results!.Length);
        Assert.Equal("BadTooManyOperations", await NodeWorld.Fault(() => Read(4)));

        Task<ReadResponse> Read(int count) => _world.Send<ReadResponse>(new ReadRequest { NodesToRead = new ReadValueId[count], TimestampsToReturn = TimestampsToReturn.Both });
    }

    [Theory]
    [InlineData(0.0, null)]
    [InlineData(1e300, null)]
    [InlineData(double.PositiveInfinity, null)]
    [InlineData(-1.0, "BadMaxAgeInvalid")]
    [InlineData(-double.Epsilon, "BadMaxAgeInvalid")]
    [InlineData(double.NaN, "BadMaxAgeInvalid")]
    public async Task A_negative_age_is_refused(double maxAge, string? refusal)
    {
        var node = _world.Variable("v", 7);
        var read = () => _world.Send<ReadResponse>(new ReadRequest { MaxAge = maxAge, TimestampsToReturn = TimestampsToReturn.Neither, NodesToRead = [new ReadValueId { NodeId = node, AttributeId = AttributeIds.Value }] });
        if (refusal is null) Assert.Equal(new DataValue(7), (await read()).Results![0]);
        else Assert.Equal(refusal, await NodeWorld.Fault(read));
    }

    // Part 4 7.40.
    [Theory]
    [InlineData(TimestampsToReturn.Source, true, false)]
    [InlineData(TimestampsToReturn.Server, false, true)]
    [InlineData(TimestampsToReturn.Both, true, true)]
    [InlineData(TimestampsToReturn.Neither, false, false)]
    public async Task The_times_asked_for_are_given(TimestampsToReturn wanted, bool source, bool server)
    {
        var node = _world.Variable("v", 7);
        _world.Nodes.SetValue(node, new DataValue(7, StatusCodes.UncertainLastUsableValue, Measured) { SourcePicoseconds = 42 });
        var value = await _world.Read(node, timestamps: wanted);
        Assert.Equal((7, StatusCodes.UncertainLastUsableValue), (value.Value.AsInt32(), value.StatusCode));
        Assert.Equal(source ? Measured : default, value.SourceTimestamp);
        Assert.Equal(source ? (ushort)42 : (ushort)0, value.SourcePicoseconds);
        // The node has no server time of its own: it is that of the request.
        Assert.Equal(server ? _world.Now : default, value.ServerTimestamp);
    }

    // Part 4 7.11.3: only the Value attribute has a source time.
    [Theory]
    [InlineData(TimestampsToReturn.Source, false)]
    [InlineData(TimestampsToReturn.Both, true)]
    public async Task Other_attributes_have_no_source_time(TimestampsToReturn wanted, bool server)
    {
        var value = await _world.Read(_world.Object("o"), AttributeIds.BrowseName, timestamps: wanted);
        Assert.Equal((default, server ? _world.Now : default), (value.SourceTimestamp, value.ServerTimestamp));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(-1)]
    [InlineData(int.MaxValue)]
    public async Task Times_that_there_are_not_are_refused(int wanted)
    {
        var request = new ReadRequest { TimestampsToReturn = (TimestampsToReturn)wanted, NodesToRead = [new ReadValueId { NodeId = ObjectIds.ObjectsFolder, AttributeId = AttributeIds.BrowseName }] };
        Assert.Equal("BadTimestampsToReturnInvalid", await NodeWorld.Fault(() => _world.Send<ReadResponse>(request)));
    }

    [Fact]
    public async Task An_index_range_takes_a_part_and_a_malformed_one_fails_only_its_item()
    {
        var node = _world.Variable("v", new Variant((int[])[1, 2, 3]));
        var items = new[] { "1:9", "1:1", "3" }.Select(r => new ReadValueId { NodeId = node, AttributeId = AttributeIds.Value, IndexRange = r }).ToArray();
        var results = (await _world.Send<ReadResponse>(new ReadRequest { NodesToRead = items, TimestampsToReturn = TimestampsToReturn.Both })).Results!;
        Assert.Equal(new Variant((int[])[2, 3]), results[0].Value);
        Assert.Equal(["Good", "BadIndexRangeInvalid", "BadIndexRangeNoData"], results.Select(r => r.StatusCode.ToString()));
        Assert.All(results[1..], r => Assert.True(r.Value.IsNull));
        Assert.Equal(new Variant((int[])[1, 2, 3]), (await _world.Read(node, range: "")).Value);
    }

    // Attack class 5: many parts of one large value are not all made before the answer is found to be too large.
    [Theory]
    [InlineData("array")]
    [InlineData("text")]
    [InlineData("bytes")]
    [InlineData("texts")]
    public async Task Parts_of_large_values_are_bounded_in_each_request(string what)
    {
        var world = new NodeWorld(new OperationLimits { MaxCopiedElementsPerRequest = 250 });
        var node = world.Variable("v", what switch
        {
            "array" => new Variant(new int[101]),
            "text" => new string('a', 101),
            "bytes" => new Variant(new ByteString(new byte[101])),
            _ => new Variant((string?[])[new string('a', 49), new string('b', 49), "c"]),
        });
        var item = new ReadValueId { NodeId = node, AttributeId = AttributeIds.Value, IndexRange = what == "texts" ? "0:1" : "0:99" };
        Assert.Equal(2, (await Read(item, item)).Results!.Length);
        Assert.Equal("BadResponseTooLarge", await NodeWorld.Fault(() => Read(item, item, item)));
        // Whole values are not copied.
        item.IndexRange = null;
        Assert.Equal(4, (await Read(item, item, item, item)).Results!.Length);

        Task<ReadResponse> Read(params ReadValueId[] items) => world.Send<ReadResponse>(new ReadRequest { NodesToRead = items, TimestampsToReturn = TimestampsToReturn.Neither });
    }

    [Fact]
    public async Task A_part_keeps_the_status_and_the_times_of_the_whole()
    {
        var node = _world.Variable("v", "");
        _world.Nodes.SetValue(node, new DataValue("hello", StatusCodes.UncertainLastUsableValue, Measured));
        Assert.Equal(new DataValue("ell", StatusCodes.UncertainLastUsableValue, Measured), await _world.Read(node, range: "1:3", timestamps: TimestampsToReturn.Source));
    }

    [Fact]
    public async Task A_bad_value_is_told_as_it_is_whatever_part_is_wanted()
    {
        var node = _world.Variable("v", 0);
        _world.Nodes.SetValue(node, DataValue.FromStatus(StatusCodes.BadNoCommunication));
        Assert.Equal("BadNoCommunication", (await _world.Read(node, range: "1")).StatusCode.ToString());
    }

    [Fact]
    public async Task Of_other_attributes_too_a_part_can_be_read()
    {
        var node = _world.Variable("v", new Variant(new Matrix((int[])[1], [1, 1])), dimensions: [5, 6], rank: 2);
        Assert.Equal(new Variant((uint[])[6]), (await _world.Read(node, AttributeIds.ArrayDimensions, "1")).Value);
        Assert.Equal("BadIndexRangeNoData", (await _world.Read(node, AttributeIds.NodeClass, "0")).StatusCode.ToString());
    }

    // Part 4 5.11.2.2 (dataEncoding): for structures alone.
    [Theory]
    [InlineData("Default Binary", 0, "Good", "BadDataEncodingInvalid")]
    [InlineData("", 0, "Good", "Good")]
    [InlineData("Default XML", 0, "BadDataEncodingUnsupported", "BadDataEncodingInvalid")]
    [InlineData("Default Binary", 1, "BadDataEncodingUnsupported", "BadDataEncodingInvalid")]
    [InlineData("Nonsense", 0, "BadDataEncodingUnsupported", "BadDataEncodingInvalid")]
    public async Task An_encoding_can_be_asked_for_where_the_value_is_a_structure(string name, ushort index, string ofStructure, string ofOther)
    {
        var encoding = new QualifiedName(name, index);
        var structure = _world.Variable("s", Variant.From(new BuildInfo()));
        var structures = _world.Variable("ss", Variant.From<BuildInfo>([new BuildInfo()]));
        var other = _world.Variable("v", 7);
        Assert.Equal(ofStructure, (await _world.Read(structure, encoding: encoding)).StatusCode.ToString());
        Assert.Equal(ofStructure, (await _world.Read(structures, encoding: encoding)).StatusCode.ToString());
        Assert.Equal(ofOther, (await _world.Read(other, encoding: encoding)).StatusCode.ToString());
        Assert.Equal(ofOther, (await _world.Read(other, AttributeIds.BrowseName, encoding: encoding)).StatusCode.ToString());
    }

    // Part 3 5.6.2 (AccessLevel): CurrentRead says whether there is a value to be had; said to everybody who may know the node.
    [Fact]
    public async Task A_value_that_nobody_can_read_is_not_readable()
    {
        var node = _world.Variable("v", 7, level: AccessLevelExType.CurrentWrite);
        Assert.Equal("BadNotReadable", (await _world.Read(node)).StatusCode.ToString());
        var hidden = _world.Variable("w", 7, level: AccessLevelExType.CurrentWrite, permissions: NodeWorld.Only(RoleTable.AuthenticatedUser, PermissionType.Browse));
        Assert.Equal("BadNotReadable", (await _world.Read(hidden)).StatusCode.ToString());
        var denied = _world.Variable("x", 7, permissions: NodeWorld.Only(RoleTable.AuthenticatedUser, PermissionType.Browse));
        Assert.Equal("BadUserAccessDenied", (await _world.Read(denied)).StatusCode.ToString());
    }

    // Part 4 5.4: the session's locales, then the default.
    [Theory]
    [InlineData(new[] { "de" }, "Zähler")]
    [InlineData(new[] { "fr", "de-AT" }, "Zähler")]
    [InlineData(new[] { "en", "de" }, "meter")]
    [InlineData(new[] { "EN-gb" }, "meter")]
    [InlineData(new[] { "fr" }, "compteur?")]
    [InlineData(new string[0], "compteur?")]
    public async Task A_text_is_in_the_first_of_the_sessions_locales_that_there_is(string[] locales, string expected)
    {
        LocalizedText[] texts = [new("compteur?", "und"), new("meter", "en"), new("Zähler", "de")];
        var node = _world.Add(new NodeRecord { NodeId = NodeWorld.Id("o"), NodeClass = NodeClass.Object, BrowseName = "o", DisplayNames = texts, Descriptions = texts });
        var session = _world.Connect(new AccessContext { Roles = 1, SecurityMode = MessageSecurityMode.None, Locales = locales });
        Assert.Equal(expected, (await _world.Read(node, AttributeIds.DisplayName, session: session)).Value.AsLocalizedText().Text);
        Assert.Equal(expected, (await _world.Read(node, AttributeIds.Description, session: session)).Value.AsLocalizedText().Text);
    }
}
