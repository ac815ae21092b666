using System.Text.Json;
using System.Text.Json.Nodes;
using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>
/// The object Administration: the methods by which managers change the directory, and what waits for approvals. Who may browse and call is said by NodeSet.xml, by the managers' roles and
/// over encrypted channels; who acts is the individual of the session, never a role that somebody else has too.
/// </summary>
internal sealed class AdministrationNodes(DirectoryAdministration administration, AddedFiles files)
{
    private const uint PendingChanges = 6651;
    private const uint PendingChangeDataType = 3041;
    private const uint PendingChangeEncoding = 5043;

    // Of the object, and of its type, which a client may name instead.
    private const uint ProposeChange = 7070;
    private const uint ProposeChangeOfType = 7060;

    /// <summary>Lets managers administer a directory.</summary>
    /// <param name="directory">Null: there is nothing to administer, and the object says so by its methods.</param>
    /// <param name="files">What it loads; null where there is no directory.</param>
    public static DirectoryAdministration? Attach(PortalDirectory? directory, AddedFiles? files, UaServer ua, TimeProvider time)
    {
        if (directory is null || files is null) return null;
        var administration = new DirectoryAdministration(directory, time);
        new AdministrationNodes(administration, files).BindTo(ua);
        return administration;
    }

    /// <summary>Binds the nodes.</summary>
    public void BindTo(UaServer ua)
    {
        var nodes = ua.Model.Nodes;
        var portal = ua.Model.Namespaces.GetOrAdd(ModelLoader.PortalUri);
        nodes.BindValue(new NodeId(PendingChanges, portal), () => new DataValue(ShowPending(portal)));
        Bind(ProposeChange, Propose);
        Bind(7071, Approve);
        Bind(7072, Reject);
        Bind(7073, TransferOwnership);
        Bind(7074, ChangeTenancy);
        Bind(7075, LockOut);
        Bind(7076, LoadModel);
        Bind(7077, LoadAdapterFile);
        // A document may bring hashes of passwords: what it was stands in the directory's records.
        if (ua.Auditor is not Auditor auditor) return;
        auditor.WithholdArgumentsOf(new NodeId(ProposeChange, portal));
        auditor.WithholdArgumentsOf(new NodeId(ProposeChangeOfType, portal));

        void Bind(uint method, Func<Manager, MethodCall, CancellationToken, Task<Variant[]>> act) => nodes.BindMethod(new NodeId(method, portal), (call, cancellation) => ActAsync(call, act, cancellation));
    }

    private async ValueTask<MethodResult> ActAsync(MethodCall call, Func<Manager, MethodCall, CancellationToken, Task<Variant[]>> act, CancellationToken cancellation)
    {
        if (call.Context.Subject is not AccessSubject { Power: not ManagerPower.None, Individual: { } individual } subject) return new MethodResult(StatusCodes.BadUserAccessDenied, Reason: "Only managers administer.");
        try
        {
            return new MethodResult(StatusCodes.Good, await act(new Manager(individual, subject.Power), call, cancellation).ConfigureAwait(false));
        }
        catch (AdministrationException refused)
        {
            return new MethodResult(refused.Status, Reason: refused.Message);
        }
    }

    private async Task<Variant[]> Propose(Manager manager, MethodCall call, CancellationToken cancellation)
    {
        var (id, isApplied) = await administration.ProposeAsync(manager, call.TextOf(0) ?? "", call.TextOf(1) ?? "", cancellation).ConfigureAwait(false);
        return [new Variant(id), new Variant(isApplied)];
    }

    private async Task<Variant[]> Approve(Manager manager, MethodCall call, CancellationToken cancellation) =>
        [new Variant(await administration.ApproveAsync(manager, call.TextOf(0) ?? "", cancellation).ConfigureAwait(false))];

    private async Task<Variant[]> Reject(Manager manager, MethodCall call, CancellationToken cancellation)
    {
        await administration.RejectAsync(manager, call.TextOf(0) ?? "", call.TextOf(1) ?? "", cancellation).ConfigureAwait(false);
        return [];
    }

    private async Task<Variant[]> TransferOwnership(Manager manager, MethodCall call, CancellationToken cancellation)
    {
        await administration.TransferAsync(manager, call.TextOf(0) ?? "", Given(call, 1), Given(call, 2), call.TextOf(3) ?? "", InstantOf(call, 4), cancellation).ConfigureAwait(false);
        return [];
    }

    private async Task<Variant[]> ChangeTenancy(Manager manager, MethodCall call, CancellationToken cancellation)
    {
        await administration.ChangeTenancyAsync(manager, call.TextOf(0) ?? "", Given(call, 1), InstantOf(call, 2), cancellation).ConfigureAwait(false);
        return [];
    }

    private async Task<Variant[]> LockOut(Manager manager, MethodCall call, CancellationToken cancellation)
    {
        await administration.LockOutAsync(manager, call.TextOf(0) ?? "", call.TextOf(1) ?? "", cancellation).ConfigureAwait(false);
        return [];
    }

    private async Task<Variant[]> LoadModel(Manager manager, MethodCall call, CancellationToken cancellation)
    {
        await files.LoadModelAsync(manager, call.TextOf(0) ?? "", cancellation).ConfigureAwait(false);
        return [];
    }

    private async Task<Variant[]> LoadAdapterFile(Manager manager, MethodCall call, CancellationToken cancellation)
    {
        await files.LoadAdapterFileAsync(manager, call.TextOf(0) ?? "", cancellation).ConfigureAwait(false);
        return [];
    }

    private static string? Given(MethodCall call, int argument) => call.TextOf(argument) is { Length: > 0 } text ? text : null;

    // Part 6 5.2.2.5: 0 on the wire is the earliest instant there is.
    private static DateTime? InstantOf(MethodCall call, int argument) => call.InputArguments[argument].AsDateTime() is var at && at > DateTime.MinValue ? at : null;

    private Variant ShowPending(ushort portal) => new(administration.Pending.Select(change => (ExtensionObject?)new ExtensionObject(
        new PendingChangeStructure(change, new NodeId(PendingChangeDataType, portal), new NodeId(PendingChangeEncoding, portal)))).ToArray());

    /// <summary>A document as others may see it: that a password is given, not its hash.</summary>
    internal static string WithoutHashes(string document)
    {
        if (!document.Contains("passwordHash", StringComparison.Ordinal)) return document;
        var root = JsonNode.Parse(document, documentOptions: new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true })!;
        foreach (var individual in root["individuals"]?.AsArray() ?? [])
            if (individual?["passwordHash"] is not null) individual["passwordHash"] = "...";
        return root.ToJsonString(new JsonSerializerOptions { WriteIndented = true, Encoder = DirectoryJson.Options.Encoder });
    }

    /// <summary>PendingChangeDataType of NodeSet.xml.</summary>
    private sealed class PendingChangeStructure(PendingChange change, NodeId dataType, NodeId encoding) : IStructure
    {
        public NodeId DataTypeId => dataType;
        public NodeId BinaryEncodingId => encoding;

        public void Encode(ref BinaryEncoder encoder)
        {
            encoder.WriteString(change.Id);
            encoder.WriteInt32((int)change.Weight);
            encoder.WriteString(WithoutHashes(change.Document));
            encoder.WriteString(change.Reason);
            encoder.WriteString(change.ProposedBy);
            encoder.WriteDateTime(change.ProposedAt);
            encoder.WriteInt32(change.Approvals.Count);
            foreach (var approval in change.Approvals) encoder.WriteString(approval.Manager);
        }
    }
}
