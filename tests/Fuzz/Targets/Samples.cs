namespace OpcPortal.Fuzz.Targets;

/// <summary>Values with something of everything, for codecs to begin with.</summary>
internal static class Samples
{
    private static readonly DateTime Time = new(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);

    public static IReadOnlyList<Variant> Variants { get; } =
    [
        default, new(true), new((sbyte)-1), new((byte)1), new((short)-2), new((ushort)2), new(-3), new(3u), new(-4L), new(4UL), new(1.5f), new(double.NaN), new("text\u00E9"),
        new(Time), new(Guid.Parse("72962b91-fa75-4ae6-8d28-b404dc7daf63")), new(new ByteString([1, 2, 3])), new(new XmlElement("<a/>")),
        new(new NodeId(85)), new(new NodeId("name", 2)), new(new NodeId([1, 2], 3)), new(new NodeId(Guid.Parse("72962b91-fa75-4ae6-8d28-b404dc7daf63"), 1)),
        new(new ExpandedNodeId(new NodeId(7), "urn:x", 1)), new(new StatusCode(StatusCodes.BadNoData)), new(new QualifiedName("Name", 1)), new(new LocalizedText("text", "en")),
        new(new ExtensionObject(new Ua.Range { Low = 1, High = 2 })), new(new ExtensionObject(new NodeId(5001, 3), new ByteString([1, 2]))), new(new ExtensionObject(new NodeId(5002, 3), new XmlElement("<b/>"))),
        new(new DataValue(new Variant(1), StatusCodes.Uncertain, Time, Time) { SourcePicoseconds = 1, ServerPicoseconds = 2 }),
        new(new DiagnosticInfo { SymbolicId = 1, AdditionalInfo = "x", InnerStatusCode = StatusCodes.Bad, InnerDiagnosticInfo = new DiagnosticInfo { Locale = 2 } }),
        new([1, 2, 3]), new(["a", null, ""]), new([new Variant(1), new Variant([new Variant("x")])]), new([new ExtensionObject(new Argument { Name = "A", ArrayDimensions = [1, 2] }), null]),
        new(new Matrix(new[] { 1.5, 2, 3, 4, 5, 6 }, [2, 3])), new([new LocalizedText("a"), default]), new([new StatusCode(0), new StatusCode(1)]), new((byte[])[1, 2, 3]),
    ];

    /// <summary>The kinds of structure in the standard, each filled a little.</summary>
    public static IReadOnlyList<IStructure> Structures { get; } =
    [
        new ReadRequest { RequestHeader = new() { Timestamp = Time, AuditEntryId = "a" }, NodesToRead = [new() { NodeId = new NodeId(1), AttributeId = 13, IndexRange = "1:2" }] },
        new PublishResponse { NotificationMessage = new() { NotificationData = [new(new DataChangeNotification { MonitoredItems = [new() { ClientHandle = 1, Value = new DataValue(new Variant(1)) }] })] } },
        new CreateMonitoredItemsRequest { ItemsToCreate = [new() { RequestedParameters = new() { Filter = new(new EventFilter { SelectClauses = [new() { BrowsePath = ["Message"] }], WhereClause = Filter() }) } }] },
        new BrowseResponse { Results = [new() { References = [new() { DisplayName = "A", NodeClass = NodeClass.Object, TypeDefinition = new NodeId(61) }] }], DiagnosticInfos = [null] },
        new CreateSessionRequest { ClientDescription = new() { ApplicationUri = "urn:a", DiscoveryUrls = ["opc.tcp://a"] }, ClientNonce = new ByteString(new byte[32]) },
        new StructureDefinition { Fields = [new() { Name = "F", DataType = new NodeId(6), ArrayDimensions = [3] }] },
        new PubSubConfigurationDataType { Connections = [new() { Name = "c", WriterGroups = [new() { DataSetWriters = [new()] }] }] },
    ];

    private static ContentFilter Filter() => new()
    {
        Elements = [new() { FilterOperator = FilterOperator.Equals, FilterOperands = [new(new LiteralOperand { Value = 1 }), new(new ElementOperand { Index = 0 })] }],
    };
}
