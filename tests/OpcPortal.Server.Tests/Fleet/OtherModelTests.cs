using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server.Tests;

/// <summary>Kinds of devices that the portal's model does not know come with NodeSet2 files and configuration, without a line of code.</summary>
public sealed class OtherModelTests : IDisposable
{
    // A community's heat pump upon the portal's own types: namespace 1 is its own, 2 the portal's.
    private const string HeatPumps = """
        <UANodeSet xmlns="http://opcfoundation.org/UA/2011/03/UANodeSet.xsd">
          <NamespaceUris><Uri>urn:cooperative:heat</Uri><Uri>http://opcportal.org/UA/Portal/</Uri></NamespaceUris>
          <Models><Model ModelUri="urn:cooperative:heat" Version="1.0.0"><RequiredModel ModelUri="http://opcportal.org/UA/Portal/" /></Model></Models>
          <UAObjectType NodeId="ns=1;i=1" BrowseName="1:HeatPumpType">
            <DisplayName>HeatPumpType</DisplayName>
            <References><Reference ReferenceType="i=45" IsForward="false">ns=2;i=1001</Reference></References>
          </UAObjectType>
          <UAVariable NodeId="ns=1;i=2" BrowseName="1:FlowTemperature" DataType="i=11" AccessLevel="3">
            <DisplayName>Flow temperature</DisplayName>
            <References>
              <Reference ReferenceType="i=40">i=2365</Reference>
              <Reference ReferenceType="i=37">i=78</Reference>
              <Reference ReferenceType="i=47" IsForward="false">ns=1;i=1</Reference>
            </References>
          </UAVariable>
          <UAMethod NodeId="ns=1;i=3" BrowseName="1:Defrost">
            <DisplayName>Defrost</DisplayName>
            <References>
              <Reference ReferenceType="i=37">i=80</Reference>
              <Reference ReferenceType="i=47" IsForward="false">ns=1;i=1</Reference>
            </References>
          </UAMethod>
        </UANodeSet>
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("opcportal-heat-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_device_of_a_type_from_another_NodeSet_is_read_written_and_called()
    {
        var file = Path.Combine(_folder, "heat.xml");
        await File.WriteAllTextAsync(file, HeatPumps, TestContext.Current.CancellationToken);
        var fleet = new FleetFixture(nodeSets: file);
        Assert.Empty(fleet.Load("""
            {
              "portal": { "id": "coop", "owner": "urn:owner" },
              "connection": { "protocol": "none" },
              "devices": [ { "id": "pump", "type": "HeatPumpType", "points": { "FlowTemperature": { "writable": true } }, "commands": { "Defrost": {} } } ]
            }
            """));
        fleet.Service.Store.Apply([new Reading(fleet.Service.Registry.Point("coop", "pump", "FlowTemperature"), PointValue.From(35.5), default)], new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        Assert.Equal(35.5, fleet.ReadValue(fleet.Node("coop/pump/FlowTemperature")).Value.AsDouble());
        fleet.Access.Resolve(fleet.Everybody, fleet.Node("coop/pump/FlowTemperature"), PermissionType.Write, out var write);
        Assert.True((await write.Node.Source.WriteValueAsync(write, new DataValue(40.0), TestContext.Current.CancellationToken)).IsGood);
        fleet.Access.Resolve(fleet.Everybody, fleet.Node("coop/pump/Defrost"), PermissionType.Call, out var call);
        Assert.True((await call.Node.Source.CallAsync(call, new MethodCall(fleet.Everybody, fleet.Node("coop/pump"), fleet.Node("coop/pump/Defrost"), []), TestContext.Current.CancellationToken)).Status.IsGood);
        Assert.Equal(2, fleet.Sent.Count);
        // What the portal gives to every device it gives to this one too.
        Assert.True(fleet.Space.TryResolve(fleet.Node("coop/pump/CommunicationState"), out _));
    }
}
