// A SCADA system's way to OpcPortal, in little: all variables below a node are watched, their newest values kept as points, and what an operator should know is printed.
//   dotnet run --project clients/samples/ScadaSubscriber -- opc.tcp://localhost:4840 ns=1;s=Plant [user] [pki folder] [file]
// With a file, in which it remembers its subscription, nothing is missed while the program or the server is restarted.
// The password, where a user is named, is taken from SCADA_PASSWORD.
using OpcPortal.Samples.ScadaSubscriber;
using OpcPortal.Ua;
using OpcPortal.Ua.Client;
using OpcPortal.Ua.Security;

if (args.Length < 2 || !NodeId.TryParse(args[1], out var root))
{
    Console.Error.WriteLine("usage: ScadaSubscriber URL NODE [USER] [PKI-FOLDER] [FILE]");
    return 1;
}

var time = TimeProvider.System;
var pki = new TrustListStore(args.Length > 3 ? args[3] : "scada-pki", time);
using var certificate = pki.LoadOwn() ?? pki.SaveOwn(new CertificateFactory(time).CreateSelfSigned(
    new CertificateSubject { Name = "ScadaSubscriber", ApplicationUri = "urn:opcportal:sample:scada", Hosts = [Environment.MachineName] }));
var client = new UaClient(new UaClientOptions { ApplicationName = "ScadaSubscriber", Certificate = certificate, Validator = new CertificateValidator(pki, time), Time = time });
var user = args.Length > 2 && args[2].Length > 0 ? UserIdentity.Password(args[2], Environment.GetEnvironmentVariable("SCADA_PASSWORD") ?? "") : UserIdentity.Anonymous;

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    stop.Cancel();
};

try
{
    await using var session = await client.ConnectAsync(args[0], EndpointChoice.Strongest, user, stop.Token);
    session.StateChanged += (_, change) => Console.WriteLine($"{time.GetUtcNow():HH:mm:ss} connection {change.State}{(change.Reason is { } reason ? $": {reason.Status}" : "")}");
    var points = new PointTable(args.Length > 4 ? new SubscriptionFile(args[4]) : null);
    await points.WatchAsync(session, root, stop.Token);
    await points.ReportAsync(Console.Out, time, stop.Token);
    return 0;
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    return 0;
}
catch (ServerCertificateException untrusted)
{
    Console.Error.WriteLine($"{untrusted.Message} It lies in {pki.RejectedFolder}: move it to {Path.Combine(pki.Root, "trusted", "certs")} if it is the right one.");
    return 3;
}
catch (UaException failed)
{
    Console.Error.WriteLine(failed.Message);
    return 2;
}
