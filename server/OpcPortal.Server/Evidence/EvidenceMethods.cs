using System.Security.Cryptography.X509Certificates;
using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>Gives the objects AuditLog, DisclosureLog and SecurityReports of NodeSet.xml their methods.</summary>
internal static class EvidenceMethods
{
    // NodeSet.xml, region Evidence.
    private const uint ReadRows = 7090;
    private const uint ReadAnchors = 7091;
    private const uint ReadDisclosures = 7092;
    private const uint FailedLogins = 7093;
    private const uint DeniedAccess = 7094;
    private const uint ExpiringCertificates = 7095;
    private const uint ExpiringAgreements = 7096;
    private const uint DormantIdentities = 7097;
    private const uint Verify = 7098;

    // Part 6 5.2.2.5: what is at or before it is null.
    private static readonly DateTime Earliest = new(1601, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    public static void Bind(UaServer server, AuditLog log, DisclosureRecorder recorder, Func<DirectoryTables?> tables, Func<IEnumerable<X509Certificate2>> certificates)
    {
        var model = server.Model;
        var portal = model.Namespaces.GetOrAdd(ModelLoader.PortalUri);
        var (rows, disclosures, reports) = (new AuditLogMethods(log), new DisclosureMethods(log, recorder, EvidenceType.Find(model, "DisclosureDataType")), new ReportMethods(log, model, tables, certificates));
        Bind(ReadRows, rows.ReadRows);
        Bind(ReadAnchors, rows.ReadAnchors);
        Bind(Verify, rows.Verify);
        Bind(ReadDisclosures, disclosures.ReadDisclosures);
        Bind(FailedLogins, reports.FailedLogins);
        Bind(DeniedAccess, reports.DeniedAccess);
        Bind(ExpiringCertificates, reports.ExpiringCertificates);
        Bind(ExpiringAgreements, reports.ExpiringAgreements);
        Bind(DormantIdentities, reports.DormantIdentities);

        void Bind(uint method, Func<MethodCall, CancellationToken, ValueTask<MethodResult>> handler)
        {
            var id = new NodeId(method, portal);
            model.Nodes.BindMethod(id, handler);
            // What the log gives is in the log, and what a customer is given is not for who reads audit events.
            server.Auditor.WithholdOutputsOf(id);
        }
    }

    /// <summary>A status for the argument that is wrong. Part 4 5.12.2.4.</summary>
    public static MethodResult Invalid(MethodCall call, int argument)
    {
        var results = new StatusCode[call.InputArguments.Length];
        results[argument] = StatusCodes.BadInvalidArgument;
        return new MethodResult(StatusCodes.BadInvalidArgument, InputArgumentResults: results);
    }

    /// <summary>How many are wanted, as far as they are given; 0: as many as that.</summary>
    public static int Limit(in Variant wanted, int most) => wanted.AsUInt32() is var count and > 0 && count < most ? (int)count : most;

    /// <summary>From and until, one argument after the other; null where the client left them open.</summary>
    /// <returns>False where until is not after from.</returns>
    public static bool TryPeriod(MethodCall call, int argument, out DateTime? from, out DateTime? until)
    {
        (from, until) = (Given(call.InputArguments[argument]), Given(call.InputArguments[argument + 1]));
        return from is null || until is null || from < until;
    }

    private static DateTime? Given(in Variant time) => time.AsDateTime() is var value && value > Earliest ? DateTime.SpecifyKind(value, DateTimeKind.Utc) : null;
}
