namespace OpcPortal.Ua.Server.Tests.Services;

/// <summary>Write, of attributes other than the value. Part 4 5.11.4, Part 3 5.2.7 (WriteMask), 8.55.</summary>
public sealed class WriteAttributeTests
{
    private const uint Texts = (uint)(AttributeWriteMask.DisplayName | AttributeWriteMask.Description);

    private readonly NodeWorld _world = new();

    [Fact]
    public async Task What_the_mask_names_can_be_written_and_what_it_does_not_cannot()
    {
        var node = _world.Variable("v", 1, writeMask: (uint)AttributeWriteMask.DisplayName);
        Assert.Equal("Good", await _world.Write(node, new LocalizedText("new"), AttributeIds.DisplayName));
        Assert.Equal(new LocalizedText("new"), (await _world.Read(node, AttributeIds.DisplayName)).Value.AsLocalizedText());
        foreach (var (attribute, value) in new (uint, Variant)[]
                 {
                     (AttributeIds.NodeId, NodeWorld.Id("w")), (AttributeIds.BrowseName, new QualifiedName("w")), (AttributeIds.WriteMask, uint.MaxValue), (AttributeIds.UserWriteMask, uint.MaxValue),
                     (AttributeIds.AccessLevel, (byte)255), (AttributeIds.UserAccessLevel, (byte)255), (AttributeIds.AccessLevelEx, 255u), (AttributeIds.DataType, new NodeId(1)), (AttributeIds.ValueRank, 1),
                     (AttributeIds.Historizing, true), (AttributeIds.MinimumSamplingInterval, 1.0), (AttributeIds.NodeClass, 1), (AttributeIds.AccessRestrictions, (ushort)0),
                     (AttributeIds.RolePermissions, Variant.From<RolePermissionType>([])), (AttributeIds.UserRolePermissions, Variant.From<RolePermissionType>([])),
                 })
            Assert.Equal((attribute, "BadNotWritable"), (attribute, await _world.Write(node, value, attribute)));
    }

    // What is said of a node is what is done: a bit for what cannot be written is not shown.
    [Fact]
    public async Task The_mask_shows_no_more_than_can_be_written()
    {
        var node = _world.Variable("v", 1, writeMask: uint.MaxValue);
        Assert.Equal(Texts, (await _world.Read(node, AttributeIds.WriteMask)).Value.AsUInt32());
        Assert.Equal("BadNotWritable", await _world.Write(node, new NodeId(1), AttributeIds.DataType));
    }

    [Fact]
    public async Task Writing_an_attribute_needs_leave_to_do_so()
    {
        var node = _world.Variable("v", 1, writeMask: Texts, permissions: NodeWorld.Only(RoleTable.Anonymous, NodeWorld.Everything & ~PermissionType.WriteAttribute));
        Assert.Equal("BadUserAccessDenied", await _world.Write(node, new LocalizedText("new"), AttributeIds.DisplayName));
        Assert.Equal("BadNodeIdUnknown", await _world.Write(_world.Variable("w", 1, writeMask: Texts, permissions: []), new LocalizedText("new"), AttributeIds.DisplayName));
    }

    [Fact]
    public async Task A_text_of_another_type_or_with_a_range_or_a_status_is_refused()
    {
        var node = _world.Variable("v", 1, writeMask: Texts);
        Assert.Equal("BadTypeMismatch", await _world.Write(node, "text", AttributeIds.DisplayName));
        Assert.Equal("BadTypeMismatch", await _world.Write(node, new Variant((LocalizedText[])[new("a")]), AttributeIds.DisplayName));
        Assert.Equal("BadTypeMismatch", await _world.Write(node, Variant.Null, AttributeIds.DisplayName));
        Assert.Equal("BadIndexRangeNoData", await _world.Write(node, new LocalizedText("a"), AttributeIds.DisplayName, "0"));
        Assert.Equal("BadIndexRangeInvalid", await _world.Write(node, new LocalizedText("a"), AttributeIds.DisplayName, "x"));
        Assert.Equal("BadWriteNotSupported", await _world.Write(node, new DataValue(new LocalizedText("a"), StatusCodes.Uncertain), AttributeIds.DisplayName));
        Assert.Equal("BadWriteNotSupported", await _world.Write(node, new DataValue(new LocalizedText("a"), default, _world.Now), AttributeIds.DisplayName));
        Assert.Equal(new LocalizedText("v"), (await _world.Read(node, AttributeIds.DisplayName)).Value.AsLocalizedText());
    }

    // Part 4 5.11.4.1, of LocalizedText: each locale has its text; a null text takes it away, null for both takes all.
    [Fact]
    public async Task A_text_is_written_for_its_locale()
    {
        var node = _world.Variable("v", 1, writeMask: Texts);
        var german = _world.Connect(new AccessContext { Roles = 1, SecurityMode = MessageSecurityMode.None, Locales = ["de"] });
        Assert.Equal(default, (await _world.Read(node, AttributeIds.Description)).Value.AsLocalizedText());
        Assert.Equal("Good", await _world.Write(node, new LocalizedText("meter", "en"), AttributeIds.Description));
        Assert.Equal("Good", await _world.Write(node, new LocalizedText("Zehler", "de"), AttributeIds.Description));
        Assert.Equal("Good", await _world.Write(node, new LocalizedText("Zähler", "de"), AttributeIds.Description));
        Assert.Equal(new LocalizedText("meter", "en"), (await _world.Read(node, AttributeIds.Description)).Value.AsLocalizedText());
        Assert.Equal(new LocalizedText("Zähler", "de"), (await _world.Read(node, AttributeIds.Description, session: german)).Value.AsLocalizedText());
        Assert.Equal("Good", await _world.Write(node, new LocalizedText(null, "de"), AttributeIds.Description));
        Assert.Equal(new LocalizedText("meter", "en"), (await _world.Read(node, AttributeIds.Description, session: german)).Value.AsLocalizedText());
        Assert.Equal("Good", await _world.Write(node, new LocalizedText(null), AttributeIds.Description));
        Assert.Equal(default, (await _world.Read(node, AttributeIds.Description)).Value.AsLocalizedText());
    }

    [Fact]
    public async Task A_node_keeps_no_more_texts_than_there_are_languages_to_speak_of()
    {
        var node = _world.Variable("v", 1, writeMask: Texts);
        for (var i = 0; i < 50; i++) Assert.Equal("Good", await _world.Write(node, new LocalizedText("a", $"x-{i}"), AttributeIds.DisplayName));
        Assert.Equal("BadLocaleNotSupported", await _world.Write(node, new LocalizedText("a", "x-50"), AttributeIds.DisplayName));
        Assert.Equal("Good", await _world.Write(node, new LocalizedText("b", "x-49"), AttributeIds.DisplayName));
    }
}
