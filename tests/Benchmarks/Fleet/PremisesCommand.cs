using System.CommandLine;
using System.Diagnostics;
using System.Net;
using System.Text.Json;
using OpcPortal.Models;
using OpcPortal.Server;
using OpcPortal.Ua;
using OpcPortal.Ua.Client;
using OpcPortal.Ua.Server;

namespace OpcPortal.Benchmarks;

/// <summary>
/// <c>premises</c>: the scale of a utility: how long a server takes to start with a directory of as many customers as portals, what it takes of memory, what Browse and decisions of access cost then.
/// Client and server share the process. Lines of JSON.
/// </summary>
internal static class PremisesCommand
{
    private const int Seed = 1;

    public static Command Create()
    {
        var portals = new Option<int>("--portals") { Description = "Premises, each with a portal, four devices of ten points, and a customer.", DefaultValueFactory = _ => 1_000_000 };
        var agreements = new Option<int>("--agreements") { Description = "Customers who have an agreement with the aggregator.", DefaultValueFactory = _ => 10_000 };
        var directory = new Option<string?>("--directory") { Description = "The database of the directory; made where it is not there. Default: a new one." };
        var makeOnly = new Option<bool>("--make-only") { Description = "Makes the directory and ends." };
        var command = new Command("premises", "Measures a server with a million premises, their owners and agreements.") { portals, agreements, directory, makeOnly };
        command.SetAction(async parsed =>
        {
            var folder = Directory.CreateTempSubdirectory("opcportal-premises").FullName;
            try
            {
                var file = parsed.GetValue(directory) ?? Path.Combine(folder, "directory.db");
                if (parsed.GetValue(makeOnly)) await PremisesDirectory.MakeAsync(file, parsed.GetValue(portals), parsed.GetValue(agreements)).ConfigureAwait(false);
                else await RunAsync(file, folder, parsed.GetValue(portals), parsed.GetValue(agreements)).ConfigureAwait(false);
                return 0;
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        });
        return command;
    }

    private static async Task RunAsync(string file, string folder, int portals, int agreements)
    {
        if (!File.Exists(file)) await PremisesDirectory.MakeElsewhereAsync(file, portals, agreements).ConfigureAwait(false);
        var clock = Stopwatch.StartNew();
        await using var directory = await PremisesDirectory.OpenAsync(file).ConfigureAwait(false);
        var opened = clock.ElapsedMilliseconds;
        var openedProcessor = Processor();
        var afterDirectory = Memory();
        clock.Start();
        var bench = new PremisesServer(directory, folder);
        var composed = clock.ElapsedMilliseconds;
        var composedProcessor = Processor();
        bench.Register(portals);
        var registered = clock.ElapsedMilliseconds;
        var registeredProcessor = Processor();
        await using var server = bench.Portal;
        server.Ua.Start();
        server.Start();
        await using var listener = await server.Ua.ListenAsync(null, new IPEndPoint(IPAddress.Loopback, 0)).ConfigureAwait(false);
        var started = clock.ElapsedMilliseconds;
        var processor = Processor();
        var afterStart = Memory();
        bench.Fill();
        await TellAsync(new { portals, points = server.Space.Registry.PointCount, directoryMs = opened, composeMs = composed - opened, fleetMs = registered - composed, startMs = started, processorMs = new[] { openedProcessor, composedProcessor - openedProcessor, registeredProcessor - composedProcessor, processor - registeredProcessor, processor }, directoryMB = afterDirectory, startedMB = afterStart, filledMB = Memory() }).ConfigureAwait(false);
        foreach (var (name, subject) in Subjects())
        {
            bench.Subject = subject;
            await TellAsync(Decisions(bench, name, subject, portals, agreements)).ConfigureAwait(false);
            await TellAsync(await BrowseAsync($"opc.tcp://localhost:{listener.Addresses[0].Port}", bench, name, portals, agreements).ConfigureAwait(false)).ConfigureAwait(false);
        }

        await TellAsync(await ChangeAsync(bench, directory, portals).ConfigureAwait(false)).ConfigureAwait(false);
    }

    private static IEnumerable<(string Name, AccessSubject Subject)> Subjects() =>
    [
        ("customer", new AccessSubject(PremisesDirectory.Customer(0), EntityKind.Customer)),
        ("aggregator", new AccessSubject(PremisesDirectory.Aggregator, EntityKind.Aggregator)),
        ("utility", new AccessSubject(PremisesDirectory.Utility, EntityKind.DistributionCompany)),
    ];

    // What is decided again and again, what is decided in turn over 10,000 nodes, and what was never asked for.
    private static object Decisions(PremisesServer bench, string name, AccessSubject subject, int portals, int agreements)
    {
        var who = new AccessContext { Roles = 1, SecurityMode = MessageSecurityMode.SignAndEncrypt, Subject = subject };
        var access = bench.Portal.Ua.Access;
        var random = new Random(Seed);
        var nodes = Enumerable.Range(0, 200_000).Select(i => Node(bench, name, random.Next(name == "aggregator" ? agreements : portals), i)).ToArray();
        // Others first, so that what is measured is compiled.
        var other = who with { Subject = subject with { Individual = "other" } };
        for (var i = 0; i < 50_000; i++) access.PermissionsOf(other, nodes[i]);
        var missed = ProcessorNs(nodes.Length, () => Ask(access, who, nodes, nodes.Length));
        Ask(access, who, nodes, 10_000);
        var spread = ProcessorNs(10_000_000, () =>
        {
            for (var i = 0; i < 1_000; i++) Ask(access, who, nodes, 10_000);
        });
        var cached = ProcessorNs(10_000_000, () =>
        {
            for (var i = 0; i < 10_000_000; i++) access.PermissionsOf(who, nodes[0]);
        });
        return new { who = name, missedNs = missed, cachedNs = cached, cachedOf10000Ns = spread };
    }

    private static void Ask(AccessController access, AccessContext who, NodeRef[] nodes, int count)
    {
        foreach (ref readonly var node in nodes.AsSpan(0, count)) access.PermissionsOf(who, node);
    }

    // Processor time: what the machine does besides is not in it.
    private static double ProcessorNs(int count, Action operations)
    {
        using var process = Process.GetCurrentProcess();
        var before = process.TotalProcessorTime;
        operations();
        process.Refresh();
        return Math.Round((process.TotalProcessorTime - before).TotalNanoseconds / count, 1);
    }

    private static NodeRef Node(PremisesServer bench, string name, int portal, int number)
    {
        var point = (number & 1) == 0 ? "ActivePower" : "VoltageL1";
        var device = $"{PremisesDirectory.Portal(portal)}/{PremisesServer.DeviceId(name == "utility" ? 0 : 3)}/{point}";
        return name == "utility" ? bench.Find(device, PremisesDirectory.Uri(PremisesDirectory.Utility)) : bench.Find($"{PremisesDirectory.Customer(portal)}@{device}", PremisesDirectory.Customers);
    }

    private static async Task<object> BrowseAsync(string url, PremisesServer bench, string name, int portals, int agreements)
    {
        await using var session = await new UaClient(new UaClientOptions { ApplicationUri = "urn:opcportal:bench:client" }).ConnectAsync(url, EndpointChoice.Unprotected).ConfigureAwait(false);
        var folder = new NodeId(5005, bench.Portal.Ua.Model.Namespaces.GetOrAdd(ModelLoader.PortalUri));
        var random = new Random(Seed);
        var own = new Latencies();
        var provider = bench.Portal.Space.Fleet.OwnerNamespace(PremisesDirectory.Uri(PremisesDirectory.Operator));
        for (var i = 0; i < 5_000; i++)
        {
            var portal = new NodeId(PremisesDirectory.Portal(name == "customer" ? 0 : random.Next(name == "aggregator" ? agreements : portals)), provider);
            await TimeAsync(own, () => session.InvokeAsync<BrowseResponse>(Request(portal)).AsTask()).ConfigureAwait(false);
        }

        var root = new Latencies();
        for (var i = 0; i < 2_000; i++) await TimeAsync(root, () => session.InvokeAsync<BrowseResponse>(Request(ObjectIds.RootFolder)).AsTask()).ConfigureAwait(false);
        var pages = new Latencies();
        var clock = Stopwatch.StartNew();
        var (count, result) = (0, default(BrowseResult));
        await TimeAsync(pages, async () => result = (await session.InvokeAsync<BrowseResponse>(Request(folder)).ConfigureAwait(false)).Results![0]).ConfigureAwait(false);
        var first = pages.Percentile(1);
        while (true)
        {
            count += result!.References?.Length ?? 0;
            var point = result.ContinuationPoint;
            if (point.IsNull) break;
            await TimeAsync(pages, async () => result = (await session.InvokeAsync<BrowseNextResponse>(new BrowseNextRequest { ContinuationPoints = [point] }).ConfigureAwait(false)).Results![0]).ConfigureAwait(false);
        }

        return new
        {
            who = name,
            portalP50Us = own.Percentile(0.5),
            portalP99Us = own.Percentile(0.99),
            rootP99Us = root.Percentile(0.99),
            folder = count,
            folderMs = clock.ElapsedMilliseconds,
            pages = pages.Count,
            firstPageUs = first,
            pageP50Us = pages.Percentile(0.5),
            pageP99Us = pages.Percentile(0.99),
        };
    }

    // From a change in the directory until it is in force for live sessions.
    private static async Task<object> ChangeAsync(PremisesServer bench, PortalDirectory directory, int portals)
    {
        var agreement = new Latencies();
        var tenancy = new Latencies();
        var stored = new Latencies();
        var known = directory.Agreements["a-0"];
        for (var i = 0; i < 20; i++)
        {
            await TimeAsync(agreement, () => ApplyAsync(known with { Status = i % 2 == 0 ? AgreementStatus.Suspended : AgreementStatus.Active })).ConfigureAwait(false);
            var at = TimeProvider.System.GetUtcNow().UtcDateTime;
            var lived = directory.Tenancies[$"t-{portals - 1 - i}"];
            await TimeAsync(tenancy, () => ApplyAsync(lived with { Period = new ActivePeriod(DateTime.MinValue, at) })).ConfigureAwait(false);
            // The database may serve again.
            await ApplyAsync(lived).ConfigureAwait(false);
        }

        return new { change = "in force", agreementMedianUs = agreement.Percentile(0.5), agreementMaxUs = agreement.Percentile(1), tenancyMedianUs = tenancy.Percentile(0.5), tenancyMaxUs = tenancy.Percentile(1), ofThatStoringMedianUs = stored.Percentile(0.5) };

        async Task ApplyAsync(object record)
        {
            await TimeAsync(stored, () => directory.ApplyAsync([record], "bench", "changed")).ConfigureAwait(false);
            await bench.Portal.Governance!.CurrentAsync().ConfigureAwait(false);
        }
    }

    private static BrowseRequest Request(NodeId node) => new()
    {
        NodesToBrowse = [new BrowseDescription { NodeId = node, BrowseDirection = BrowseDirection.Forward, ReferenceTypeId = ReferenceTypeIds.HierarchicalReferences, IncludeSubtypes = true, ResultMask = 63 }],
    };

    private static async Task TimeAsync(Latencies latencies, Func<Task> operation)
    {
        var began = Stopwatch.GetTimestamp();
        await operation().ConfigureAwait(false);
        latencies.Add(Stopwatch.GetTimestamp() - began);
    }

    private static long Processor()
    {
        using var process = Process.GetCurrentProcess();
        return (long)process.TotalProcessorTime.TotalMilliseconds;
    }

    // What the process holds once everything that can go is gone; the client is in it.
    private static long Memory()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64 / 1_000_000;
    }

    private static Task TellAsync(object line) => Console.Out.WriteLineAsync(JsonSerializer.Serialize(line));
}
