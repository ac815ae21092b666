// A billing system's way to OpcPortal, in little: the intervals of a month of all meters that the user may see, as Green Button and CSV; exit code 6, and what is wrong, where anything is not billing-grade.
//   dotnet run --project clients/samples/BillingExport -- opc.tcp://localhost:4840 nsu=urn:example:utility;s=oak-1 2026-11 Europe/Berlin [pki folder]
// Who may see what is said by agreements: the certificate in the PKI folder is that of the application that the server knows.
using System.Globalization;
using OpcPortal.Billing;
using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.Client;
using OpcPortal.Ua.Security;

if (args.Length < 4 || !ExpandedNodeId.TryParse(args[1], out var root) || !DateOnly.TryParseExact(args[2] + "-01", "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var month)
    || !TimeZoneInfo.TryFindSystemTimeZoneById(args[3], out var zone))
{
    Console.Error.WriteLine("usage: BillingExport URL NODE YEAR-MONTH TIME-ZONE [PKI-FOLDER]");
    return 1;
}

var time = TimeProvider.System;
var pki = new TrustListStore(args.Length > 4 ? args[4] : "billing-pki", time);
using var certificate = pki.LoadOwn() ?? pki.SaveOwn(new CertificateFactory(time).CreateSelfSigned(
    new CertificateSubject { Name = "BillingExport", ApplicationUri = "urn:opcportal:sample:billing", Hosts = [Environment.MachineName] }));
var client = new UaClient(new UaClientOptions { ApplicationName = "BillingExport", Certificate = certificate, Validator = new CertificateValidator(pki, time), Time = time });
using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    stop.Cancel();
};

try
{
    await using var session = await client.ConnectAsync(args[0], EndpointChoice.Strongest, UserIdentity.Anonymous, stop.Token);
    var node = root.NamespaceUri is { } uri && session.TryGetNamespaceIndex(uri, out var index) ? root.NodeId.WithNamespace(index) : root.NodeId;
    var points = await new BillingPoints(session).FindAsync([node], withRegisters: false, stop.Token);
    var period = new BillingPeriod(month, month.AddMonths(1).AddDays(-1), zone);
    var result = await new BillingExporter(session, time).ExportAsync(points, period, [($"{args[2]}.xml", BillingFormat.GreenButton), ($"{args[2]}.csv", BillingFormat.Csv)], progress: null, stop.Token);
    foreach (var flaw in result.Flaws) Console.Error.WriteLine($"{flaw.Channel.Meter}/{flaw.Channel.Point} {flaw.From:yyyy-MM-ddTHH:mm}Z to {flaw.To:yyyy-MM-ddTHH:mm}Z {flaw.Reason}");
    Console.WriteLine(result.IsDone ? $"{result.Readings} readings of {result.Channels} points exported." : $"Nothing was exported: {result.FlawCount} flaws.");
    return result.IsDone ? 0 : 6;
}
catch (ServerCertificateException untrusted)
{
    Console.Error.WriteLine($"{untrusted.Message} It lies in {pki.RejectedFolder}: move it to {Path.Combine(pki.Root, "trusted", "certs")} if it is the right one.");
    return 3;
}
catch (Exception failed) when (failed is UaException or BillingExportException or IOException)
{
    Console.Error.WriteLine(failed.Message);
    return 2;
}
