using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>
/// Backups as managers find them below the object Administration. NodeSet.xml shows them to the managers' roles over encrypted channels; which of the managers may begin one, the rules say of
/// the function group Backup: by default the System Manager.
/// </summary>
internal sealed class BackupNodes(BackupService? backups, Func<object?, SubjectRules> rulesOf, int group)
{
    private const uint StartBackup = 7141;
    private const uint BackupStatus = 6903;
    private const uint BackupStatusDataType = 3081;
    private const uint BackupStatusEncoding = 5100;

    /// <summary>Binds the nodes.</summary>
    /// <param name="backups">Null: none are configured, and the method says so.</param>
    public static void Attach(BackupService? backups, PortalGovernance? governance, FleetSpace space, UaServer ua)
    {
        if (governance is not null) new BackupNodes(backups, governance.RulesOf, space.Fleet.Words.Of(AccessDefaults.BackupGroup)).BindTo(ua);
    }

    private void BindTo(UaServer ua)
    {
        var nodes = ua.Model.Nodes;
        var portal = ua.Model.Namespaces.GetOrAdd(ModelLoader.PortalUri);
        nodes.BindMethod(new NodeId(StartBackup, portal), (call, _) => ValueTask.FromResult(Start(call)));
        nodes.BindValue(new NodeId(BackupStatus, portal), () => new DataValue(new Variant(new ExtensionObject(
            new BackupStatusStructure(backups?.Status ?? Server.BackupStatus.None, new NodeId(BackupStatusDataType, portal), new NodeId(BackupStatusEncoding, portal))))));
    }

    private MethodResult Start(MethodCall call)
    {
        if (call.Context.Subject is not AccessSubject { Individual: { } individual } subject || (rulesOf(subject).Permit(new AccessTarget { FunctionGroup = group }).Allowed & Operations.Call) == 0)
            return new MethodResult(StatusCodes.BadUserAccessDenied, Reason: "No rule lets you make backups.");
        if (backups is null) return new MethodResult(StatusCodes.BadNotSupported, Reason: "The server has no folder and key of backups: set \"backup\" in its configuration.");
        try
        {
            return new MethodResult(StatusCodes.Good, [new Variant(backups.Begin(individual))]);
        }
        catch (BackupException refused)
        {
            return new MethodResult(StatusCodes.BadInvalidState, Reason: refused.Message);
        }
    }

    /// <summary>BackupStatusDataType of NodeSet.xml.</summary>
    private sealed class BackupStatusStructure(BackupStatus status, NodeId dataType, NodeId encoding) : IStructure
    {
        public NodeId DataTypeId => dataType;
        public NodeId BinaryEncodingId => encoding;

        public void Encode(ref BinaryEncoder encoder)
        {
            encoder.WriteInt32((int)status.State);
            encoder.WriteString(status.File);
            encoder.WriteDateTime(status.StartedAt);
            encoder.WriteDateTime(status.EndedAt);
            encoder.WriteString(status.Part);
            encoder.WriteInt64(status.Rows);
            encoder.WriteInt64(status.Bytes);
            encoder.WriteString(status.Hash);
            encoder.WriteString(status.Reason);
        }
    }
}
