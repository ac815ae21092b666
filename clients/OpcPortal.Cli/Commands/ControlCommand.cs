using System.CommandLine;
using OpcPortal.Cli.Connecting;
using OpcPortal.Models;
using OpcPortal.Ua;

namespace OpcPortal.Cli.Commands;

/// <summary><c>opcportal control</c>: load control and supply switches, by the methods of the object Control.</summary>
internal static class ControlCommand
{
    public static Command Create(CliContext context, ConnectionOptions options)
    {
        var acts = new ControlActs(context, options);
        return new Command("control", "Load control and supply switches: one device or many in a call, each judged by the agreements that hold for you.")
        {
            acts.CreateRequest("shed", "Shed", "Lets devices take less for a while.", hasKind: true),
            acts.CreateRequest("set-point", "SetPoint", "Lets devices hold a set-point for a while.", hasKind: false),
            acts.CreateRequest("rehearse", "Rehearse", "What a shed or set-point would come to; nothing is sent.", hasKind: true),
            acts.CreateOfRequest("approve", "Approve", "Approves a request above a cap, as a second person.", static id => [new Variant(id)]),
            acts.CreateOfRequest("cancel", "Cancel", "Ends a request now, and restores its devices.", static id => [new Variant(id), DateTime.MinValue, 0.0]),
            acts.CreateStatus(),
            acts.CreateOfDevice("opt-out", "OptOut", "Leaves, where you live, what is asked of a device, while it lasts.", static device => [device, 0.0]),
            acts.CreateOfDevice("opt-in", "OptIn", "Joins it again.", static device => [device]),
            acts.CreateSwitch(),
        };
    }
}

/// <summary>What <c>opcportal control</c> can do.</summary>
internal sealed class ControlActs(CliContext context, ConnectionOptions options)
{
    private const string PortalUri = "http://opcportal.org/UA/Portal/";
    private const uint Control = 5120;

    /// <summary>Something asked of devices; the id is made here where none is given, and shown first, to ask again with it.</summary>
    public Command CreateRequest(string name, string method, string description, bool hasKind)
    {
        var id = Id();
        var target = new TargetOptions();
        var kind = new Option<LoadMeasureKind>("--measure") { Description = "How devices are to take less.", DefaultValueFactory = static _ => LoadMeasureKind.Off };
        var value = new Option<double>("--value") { Description = "How much: per cent, kelvins, watts, or the unit of the set-point." };
        var times = new TimeOptions();
        var command = new Command(name, description) { id, value };
        if (hasKind) command.Add(kind);
        target.AddTo(command);
        times.AddTo(command);
        command.Run(context, options, (parsed, settings, cancellation) =>
        {
            Variant[] measure = hasKind ? [(int)parsed.GetValue(kind), parsed.GetValue(value)] : [parsed.GetValue(value)];
            return CallAsync(settings, method, [Show(settings, parsed.GetValue(id)), .. target.Of(parsed), .. measure, .. times.Of(parsed)], cancellation);
        });
        return command;
    }

    /// <summary>Something done with a request.</summary>
    public Command CreateOfRequest(string name, string method, string description, Func<Guid, Variant[]> arguments)
    {
        var id = new Argument<Guid>("id") { Description = "The request." };
        var command = new Command(name, description) { id };
        command.Run(context, options, (parsed, settings, cancellation) => CallAsync(settings, method, arguments(parsed.GetRequiredValue(id)), cancellation));
        return command;
    }

    public Command CreateStatus()
    {
        var id = new Argument<Guid>("id") { Description = "The request." };
        var first = new Option<uint>("--first") { Description = "The place of the first device to tell of, from 0." };
        var most = new Option<uint>("--max") { Description = "At most so many devices; 0: as many as the server tells at once." };
        var command = new Command("status", "How it stands with a request, over or not, device by device.") { id, first, most };
        command.Run(context, options, (parsed, settings, cancellation) => CallAsync(settings, "GetStatus", [new Variant(parsed.GetRequiredValue(id)), parsed.GetValue(first), parsed.GetValue(most)], cancellation));
        return command;
    }

    /// <summary>Something done where one lives.</summary>
    public Command CreateOfDevice(string name, string method, string description, Func<string, Variant[]> arguments)
    {
        var device = Device();
        var command = new Command(name, description) { device };
        command.Run(context, options, (parsed, settings, cancellation) => CallAsync(settings, method, arguments(parsed.GetRequiredValue(device)), cancellation));
        return command;
    }

    public Command CreateSwitch()
    {
        var command = new Command("switch", "Supply switches: armed, then operated.")
        {
            CreateOfDevice("arm-disconnect", "Arm", "Makes a switch ready to disconnect.", static device => [device, false]),
            CreateOfDevice("arm-connect", "Arm", "Makes a switch ready to connect.", static device => [device, true]),
        };
        command.Add(CreateOperate("disconnect", "Disconnect", "Disconnects the supply."));
        command.Add(CreateOperate("connect", "Connect", "Lets the supply be connected."));
        return command;
    }

    private Command CreateOperate(string name, string method, string description)
    {
        var (id, device) = (Id(), Device());
        var purpose = new Option<string>("--purpose") { Description = "One line for people.", DefaultValueFactory = static _ => "" };
        var command = new Command(name, description) { device, id, purpose };
        command.Run(context, options, (parsed, settings, cancellation) => CallAsync(settings, method, [Show(settings, parsed.GetValue(id)), parsed.GetRequiredValue(device), parsed.GetValue(purpose) ?? ""], cancellation));
        return command;
    }

    private Variant Show(ConnectionSettings settings, Guid? given)
    {
        var id = given ?? Guid.NewGuid();
        // With JSON whoever needs the id gives it.
        if (!settings.Json) context.WriteLine($"request {id}");
        return new Variant(id);
    }

    private async Task<int> CallAsync(ConnectionSettings settings, string name, Variant[] arguments, CancellationToken cancellation)
    {
        await using var session = await Connector.ConnectAsync(context, settings, cancellation);
        if (!session.TryGetNamespaceIndex(PortalUri, out var portal)) throw new CliException(ExitCodes.Refused, "This server controls no devices.", "A portal server does: --url opc.tcp://host:4840");
        var control = new NodeId(Control, portal);
        var method = await NodeAddress.FollowAsync(session, control, $"{portal}:{name}", cancellation);
        var (_, outputs) = await session.ReadMethodSignatureAsync(method, cancellation);
        CallCommand.Show(context, settings, await session.CallAsync(control, method, arguments, cancellation), outputs);
        return ExitCodes.Done;
    }

    private static Option<Guid?> Id() => new("--id") { Description = "The id of the request: the same again is the same request. Left out: a new one." };

    private static Argument<string> Device() => new("device") { Description = "PORTAL/DEVICE." };

    /// <summary>Which devices are meant.</summary>
    private sealed class TargetOptions
    {
        private readonly Option<string[]>[] _lists = [Names("--device", "PORTAL/DEVICE."), Names("--portal", "A portal."), Names("--type", "A type of devices, such as WaterHeaterType."), Names("--area", "A feeder or an area: a flag of premises.")];

        public void AddTo(Command command)
        {
            foreach (var list in _lists) command.Add(list);
        }

        public IEnumerable<Variant> Of(ParseResult parsed) => _lists.Select(list => new Variant(parsed.GetValue(list) ?? []));

        private static Option<string[]> Names(string name, string description) => new(name) { Description = description };
    }

    /// <summary>When, and how much of it is left to chance.</summary>
    private sealed class TimeOptions
    {
        private readonly Option<DateTime?> _start = new("--start") { Description = "UTC, such as 2027-01-15T17:00:00Z. Left out: now." };
        private readonly Option<double> _minutes = new("--minutes") { Description = "How long it holds.", Required = true };
        private readonly Option<double> _randomizeStart = new("--randomize-start") { Description = "Seconds that the start is moved by at most." };
        private readonly Option<double> _randomizeEnd = new("--randomize-end") { Description = "Seconds that the end is moved by at most." };
        private readonly Option<double> _window = new("--window") { Description = "Minutes after its start in which it may still be delivered. Left out: 5." };
        private readonly Option<bool> _mandatory = new("--mandatory") { Description = "Customers may not leave it, where their agreement says so." };
        private readonly Option<string> _purpose = new("--purpose") { Description = "One line for people.", DefaultValueFactory = static _ => "" };

        public void AddTo(Command command)
        {
            foreach (var option in (Option[])[_start, _minutes, _randomizeStart, _randomizeEnd, _window, _mandatory, _purpose]) command.Add(option);
        }

        public Variant[] Of(ParseResult parsed) =>
        [
            parsed.GetValue(_start)?.ToUniversalTime() ?? DateTime.MinValue, parsed.GetValue(_minutes) * 60_000, parsed.GetValue(_randomizeStart) * 1000, parsed.GetValue(_randomizeEnd) * 1000, parsed.GetValue(_window) * 60_000,
            parsed.GetValue(_mandatory), parsed.GetValue(_purpose) ?? "",
        ];
    }
}
