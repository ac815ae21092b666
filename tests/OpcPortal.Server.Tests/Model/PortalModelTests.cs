using System.Xml;
using System.Xml.Schema;
using OpcPortal.Ua;
using OpcPortal.Ua.NodeSets;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server.Tests;

/// <summary>NodeSet.xml as a file, and as the types that it makes.</summary>
public sealed class PortalModelTests
{
    private static readonly ServerModel Models = new("urn:test", ModelLoader.Read(ModelLoader.PortalFile));
    private static readonly NamespaceTable Namespaces = Models.Namespaces;
    private static readonly NodeSet Portal = Models.NodeSets[^1];
    private static readonly ushort PortalIndex = Namespaces.GetOrAdd(ModelLoader.PortalUri);

    [Fact]
    public void The_file_is_valid_against_UANodeSet_xsd()
    {
        var schemas = new XmlSchemaSet { XmlResolver = null };
        schemas.Add("http://opcfoundation.org/UA/2011/03/UANodeSet.xsd", PublishedFiles.Find("UANodeSet.xsd"));
        var settings = new XmlReaderSettings { ValidationType = ValidationType.Schema, Schemas = schemas, DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null };
        settings.ValidationFlags |= XmlSchemaValidationFlags.ReportValidationWarnings;
        var findings = new List<string>();
        settings.ValidationEventHandler += (_, e) =>
        {
            // Values are of another schema, which UANodeSet.xsd lets pass unread.
            if (e.Severity == XmlSeverityType.Error || !e.Message.Contains("Types.xsd", StringComparison.Ordinal)) findings.Add($"{e.Exception.LineNumber}: {e.Message}");
        };
        using var reader = XmlReader.Create(ModelLoader.PortalFile, settings);
        while (reader.Read())
        {
        }

        Assert.Empty(findings);
    }

    [Theory]
    [InlineData("PortalType")]
    [InlineData("ElectricityMeterType")]
    [InlineData("GasMeterType")]
    [InlineData("WaterMeterType")]
    [InlineData("PowerQualityMonitorType")]
    [InlineData("LoadControlDeviceType")]
    [InlineData("ThermostatType")]
    [InlineData("WaterHeaterType")]
    [InlineData("EvChargerType")]
    [InlineData("SwitchType")]
    [InlineData("InverterType")]
    [InlineData("BatteryType")]
    [InlineData("AccessNetworkType")]
    public void Every_kind_of_device_is_a_DeviceType_of_DI_that_can_be_instantiated(string name)
    {
        var type = Find(name);
        Assert.Equal(NodeClass.ObjectType, type.NodeClass);
        Assert.False(type.IsAbstract);
        Assert.True(Models.Declarations.IsSubtypeOf(type.NodeId, new NodeId(1002, Namespaces.GetOrAdd("http://opcfoundation.org/UA/DI/"))), "OPC 10000-100 5.5.3 (DeviceType)");
    }

    [Fact]
    public void Every_measurement_has_a_unit_and_a_data_class_and_a_range_that_is_one()
    {
        var measurement = Find("MeasurementType").NodeId;
        var measurements = Declarations().Where(d => Models.Declarations.IsSubtypeOf(d.TypeDefinitionId, measurement)).ToList();
        Assert.NotEmpty(measurements);
        Assert.All(measurements, declaration =>
        {
            // Part 8 5.3.2.4: AnalogUnitType demands EngineeringUnits; Part 8 5.6.3: units are those of UNECE Recommendation 20.
            var unit = ValueBelow(declaration, "EngineeringUnits", 0).AsStructure<EUInformation>();
            Assert.Equal("http://www.opcfoundation.org/UA/units/un/cefact", unit?.NamespaceUri);
            Assert.True(unit!.UnitId > 0);
            Assert.InRange(ValueBelow(declaration, "DataClass", PortalIndex).AsInt32(), 1, 5);
            if (declaration.Children.Find(new QualifiedName("EURange")) is { } range && !range.Node.Value.IsNull)
                Assert.True(range.Node.Value.AsStructure<OpcPortal.Ua.Range>() is { } ends && ends.Low < ends.High, declaration.BrowseName.Name);
        });
    }

    [Theory]
    [InlineData("ElectricityMeterType", "IntervalEnergyImport", "1-0:1.29.0", "kW·h", 15)]
    [InlineData("ElectricityMeterType", "IntervalEnergyExport", "1-0:2.29.0", "kW·h", 15)]
    [InlineData("GasMeterType", "IntervalVolume", "7-0:3.6.0", "m³", 60)]
    [InlineData("WaterMeterType", "IntervalVolume", "8-0:1.1.0", "m³", 60)]
    public void What_was_consumed_within_an_interval_is_an_optional_point_that_tells_its_length(string type, string name, string obis, string unit, int minutes)
    {
        var point = Models.Declarations.Of(Find(type).NodeId).Find(new QualifiedName(name, PortalIndex))!;
        Assert.Equal(ModellingRule.Optional, point.Rule);
        Assert.Equal(obis, ValueBelow(point, "ObisCode", PortalIndex).AsString());
        // Part 3 8.13: a Duration is in milliseconds.
        Assert.Equal(TimeSpan.FromMinutes(minutes).TotalMilliseconds, ValueBelow(point, "IntervalLength", PortalIndex).AsDouble());
        Assert.Equal(unit, ValueBelow(point, "EngineeringUnits", 0).AsStructure<EUInformation>()!.DisplayName.Text);
        Assert.Equal(1, ValueBelow(point, "DataClass", PortalIndex).AsInt32());
        Assert.Equal(0, ValueBelow(point, "EURange", 0).AsStructure<OpcPortal.Ua.Range>()!.Low);
        // IEC 61968-9 Annex C: a ReadingType has 18 attributes; the fourth, 4, is deltaData.
        var reading = ValueBelow(point, "ReadingType", PortalIndex).AsString()!.Split('.');
        Assert.Equal((18, "4"), (reading.Length, reading[3]));
    }

    [Fact]
    public void Unit_ids_are_the_codes_of_UNECE_read_as_a_number()
    {
        // Part 8 5.6.3.2: the characters of the Common Code, each a byte of the UnitId.
        var codes = new Dictionary<string, string>
        {
            ["W"] = "WTT",
            ["kW·h"] = "KWH",
            ["kvar·h"] = "K3",
            ["var"] = "D44",
            ["V·A"] = "D46",
            ["V"] = "VLT",
            ["A"] = "AMP",
            ["Hz"] = "HTZ",
            ["1"] = "C62",
            ["%"] = "P1",
            ["m³"] = "MTQ",
            ["m³/h"] = "MQH",
            ["°C"] = "CEL",
            ["mbar"] = "MBR",
            ["ms"] = "C26",
            ["dBm"] = "DBM",
            ["kbit/s"] = "C74",
        };
        var units = Portal.Nodes.Select(n => n.Value.AsStructure<EUInformation>()).OfType<EUInformation>().ToList();
        Assert.NotEmpty(units);
        Assert.All(units, unit => Assert.Equal(codes[unit.DisplayName.Text!].Aggregate(0, (number, c) => (number << 8) | c), unit.UnitId));
    }

    [Fact]
    public void Obis_codes_have_the_form_of_IEC_62056_61()
    {
        var codes = Portal.Nodes.Where(n => n.BrowseName == new QualifiedName("ObisCode", PortalIndex)).Select(n => n.Value).Where(v => !v.IsNull).ToList();
        Assert.Contains(codes, code => code.AsString() == "1-0:1.8.0");
        Assert.All(codes, code => Assert.Matches("^[0-9]+-[0-9]+:[0-9]+\\.[0-9]+\\.[0-9]+$", code.AsString()));
    }

    [Fact]
    public void Discrete_points_have_the_texts_of_their_states()
    {
        var two = Find("TwoStatePointType").NodeId;
        var multi = Find("MultiStatePointType").NodeId;
        Assert.All(Declarations().Where(d => d.TypeDefinitionId == two), d => Assert.NotEqual(ValueBelow(d, "TrueState", 0), ValueBelow(d, "FalseState", 0)));
        Assert.All(Declarations().Where(d => d.TypeDefinitionId == multi), d => Assert.NotEmpty(ValueBelow(d, "EnumStrings", 0).AsArray<LocalizedText>()!));
    }

    [Fact]
    public void Every_node_says_what_it_is_and_every_reference_leads_to_a_node()
    {
        var ids = Models.NodeSets.SelectMany(s => s.Nodes).Select(n => n.NodeId).ToHashSet();
        Assert.All(Portal.Nodes, node =>
        {
            Assert.False(string.IsNullOrWhiteSpace(node.DisplayName.Text));
            Assert.All(node.References, reference => Assert.Contains(reference.Target.NodeId, ids));
        });
        Assert.All(Portal.Nodes.Where(n => n.NodeClass is NodeClass.ObjectType or NodeClass.VariableType or NodeClass.DataType or NodeClass.Method), node => Assert.NotEmpty(node.Descriptions));
    }

    [Fact]
    public void Structures_have_a_definition_and_a_binary_encoding()
    {
        foreach (var name in (string[])["QualityEntryDataType", "ReadingQualityDataType", "ReadingDataType"])
        {
            Assert.True(Models.DataTypes.TryGet(new NodeId(Find(name).NodeId.Numeric, Models.DataTypes.Namespaces.GetOrAdd(ModelLoader.PortalUri)), out var entry));
            Assert.IsType<StructureDefinition>(entry.Definition);
            Assert.False(entry.BinaryEncodingId.IsNull);
        }
    }

    private static NodeRecord Find(string name) => Portal.Nodes.Single(n => n.BrowseName == new QualifiedName(name, PortalIndex) && n.NodeClass is not (NodeClass.Variable or NodeClass.Method));

    private static IEnumerable<InstanceDeclaration> Declarations() => Portal.Nodes.Where(n => n.NodeClass == NodeClass.ObjectType).SelectMany(n => Models.Declarations.Of(n.NodeId));

    private static Variant ValueBelow(InstanceDeclaration declaration, string name, ushort namespaceIndex) =>
        declaration.Children.Find(new QualifiedName(name, namespaceIndex))?.Node.Value ?? throw new Xunit.Sdk.XunitException($"{declaration.BrowseName} has no {name}.");
}
