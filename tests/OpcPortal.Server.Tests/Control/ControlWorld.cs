using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using OpcPortal.Models;
using OpcPortal.Ua;

namespace OpcPortal.Server.Tests;

/// <summary>How a simulated device takes commands.</summary>
internal enum DeviceManner
{
    Obedient,

    /// <summary>Says yes and does nothing.</summary>
    Idle,

    /// <summary>Nobody answers.</summary>
    Silent,

    /// <summary>Does it, and its answer is lost.</summary>
    Mute,

    /// <summary>Refuses.</summary>
    Refusing,
}

/// <summary>A field of simulated devices: each has a switch, a power limit, a set-point and a supply switch, and remembers all that it was told.</summary>
internal sealed class SimulatedField(TimeProvider time) : IControlField
{
    private readonly Lock _gate = new();
    private readonly Dictionary<int, Dictionary<string, double>> _state = [];

    /// <summary>All that devices were told, in the order in which it reached them.</summary>
    public List<(int Device, ControlOutput Output, DateTime At)> Told { get; } = [];
    public Dictionary<int, DeviceManner> Manners { get; } = [];
    public Dictionary<int, string> Lanes { get; } = [];
    public OffTimeRules OffTimes { get; set; } = OffTimeRules.None;

    /// <summary>Called within each sending, before anything is done.</summary>
    public Action? Sending { get; set; }

    public double Of(int device, string channel)
    {
        lock (_gate) return StateOf(device).GetValueOrDefault(channel, channel switch { "PowerLimit" => 7000, "TemperatureSetpoint" => 21, _ => 1 });
    }

    public void Set(int device, string channel, double value)
    {
        lock (_gate) StateOf(device)[channel] = value;
    }

    public ControlOutput[] ToldOf(int device)
    {
        lock (_gate) return [.. Told.Where(told => told.Device == device).Select(told => told.Output)];
    }

    public ControlOutput? OutputOf(int device, LoadMeasureOf measure, Func<string, double?> before, out string? reason)
    {
        reason = null;
        return measure.Measure.Kind switch
        {
            _ when measure.Action == ControlAction.DisconnectSupply => new ControlOutput(ControlOutput.Supply, 0),
            _ when measure.Action == ControlAction.ConnectSupply => new ControlOutput(ControlOutput.Supply, 1),
            LoadMeasureKind.PowerLimit => new ControlOutput("PowerLimit", measure.Measure.Value),
            LoadMeasureKind.SetPoint => new ControlOutput("TemperatureSetpoint", measure.Measure.Value),
            LoadMeasureKind.SetPointOffset => new ControlOutput("TemperatureSetpoint", before("TemperatureSetpoint")!.Value + measure.Measure.Value),
            _ => ControlOutput.Off,
        };
    }

    public double? Shown(int device, string channel, DateTime since) => MannerOf(device) == DeviceManner.Silent ? null : Of(device, channel);

    public async ValueTask<StatusCode> SendAsync(int device, ControlOutput output, CancellationToken cancellation)
    {
        await Task.Yield();
        Sending?.Invoke();
        lock (_gate)
        {
            var manner = MannerOf(device);
            if (manner == DeviceManner.Silent) return StatusCodes.BadNoCommunication;
            Told.Add((device, output, time.GetUtcNow().UtcDateTime));
            if (manner == DeviceManner.Refusing) return StatusCodes.BadOutOfRange;
            if (manner != DeviceManner.Idle) StateOf(device)[output.Channel] = output.Value;
            return manner == DeviceManner.Mute ? StatusCodes.BadTimeout : StatusCodes.Good;
        }
    }

    public string LaneOf(int device) => Lanes.GetValueOrDefault(device, "Cellular");
    public string NameOf(int device) => $"oak-{device}/heater";
    public int Find(string name) => int.Parse(name.AsSpan(4, name.IndexOf('/', StringComparison.Ordinal) - 4), System.Globalization.CultureInfo.InvariantCulture);
    public OffTimeRules OffTimesOf(int device) => OffTimes;

    private DeviceManner MannerOf(int device) => Manners.GetValueOrDefault(device);

    private Dictionary<string, double> StateOf(int device)
    {
        if (!_state.TryGetValue(device, out var state)) _state.Add(device, state = []);
        return state;
    }
}

/// <summary>Control over a simulated field, with a clock that stands still until it is told to move.</summary>
internal sealed class ControlWorld : IControlRights, IAsyncDisposable
{
    public static readonly DateTime Start = new(2026, 7, 1, 16, 0, 0, DateTimeKind.Utc);

    private readonly string _folder = Directory.CreateTempSubdirectory("control").FullName;
    private readonly SqliteDatabase _database;

    private ControlWorld(ControlOptions options)
    {
        Options = options;
        _database = new SqliteDatabase(Path.Combine(_folder, "portal.db"));
        Field = new SimulatedField(Time);
    }

    public FakeTimeProvider Time { get; } = new(Start);
    public SimulatedField Field { get; }
    public ControlOptions Options { get; set; }
    public ControlEngine Engine { get; private set; } = null!;
    public SqlControlStore Store { get; private set; } = null!;
    public List<OrderChange> Changes { get; } = [];
    public DateTime Now => Time.GetUtcNow().UtcDateTime;

    /// <summary>Entities that have no leave any more, and whether what they began is to finish.</summary>
    public Dictionary<string, bool> Barred { get; } = [];

    public static async Task<ControlWorld> CreateAsync(ControlOptions? options = null)
    {
        var world = new ControlWorld(options ?? new ControlOptions());
        await world.OpenAsync();
        return world;
    }

    private async Task OpenAsync()
    {
        Store = await SqlControlStore.OpenAsync(_database, TestContext.Current.CancellationToken);
        Engine = new ControlEngine(Store, Field, this, Options, Time, NullLogger.Instance);
        Engine.Changed += change =>
        {
            lock (Changes) Changes.Add(change);
        };
        Engine.Start();
        await IdleAsync();
    }

    public async Task RestartAsync()
    {
        await Engine.DisposeAsync();
        await OpenAsync();
    }

    public ControlRequest Shed(double fromMinutes = 0, double minutes = 60, string entity = "brightline", byte primacy = 3, LoadMeasure? measure = null) => new()
    {
        Id = Guid.NewGuid(),
        Entity = entity,
        Target = new ControlTarget { Areas = ["all"] },
        Action = measure?.Kind == LoadMeasureKind.SetPoint ? ControlAction.SetPoint : ControlAction.Shed,
        Measure = measure ?? LoadMeasure.Off,
        CreatedAt = Now,
        Start = Now.AddMinutes(fromMinutes),
        Duration = TimeSpan.FromMinutes(minutes),
        Primacy = primacy,
    };

    public async Task<ControlRequest> TakeAsync(ControlRequest request, params int[] devices)
    {
        Assert.Null(await Engine.DoAsync(turn => Engine.Take(new StoredRequest(request, [.. devices.Select(Field.NameOf)], 0, null, false), devices, turn), TestContext.Current.CancellationToken));
        await IdleAsync();
        return request;
    }

    public async Task<(int Count, ControlRefusal? Refused)> CancelAsync(Guid id, double inMinutes = 0)
    {
        var result = await Engine.DoAsync(turn => Engine.Cancel(id, Now.AddMinutes(inMinutes), TimeSpan.Zero, null, turn), TestContext.Current.CancellationToken);
        await IdleAsync();
        return result;
    }

    public async Task<(int Count, ControlRefusal? Refused)> OptOutAsync(int device, double? minutes = null)
    {
        var result = await Engine.DoAsync(turn => Engine.OptOut(device, minutes is { } m ? Now.AddMinutes(m) : null, turn), TestContext.Current.CancellationToken);
        await IdleAsync();
        return result;
    }

    public async Task<(int Count, ControlRefusal? Refused)> OptInAsync(int device)
    {
        var result = await Engine.DoAsync(turn => Engine.OptIn(device, turn), TestContext.Current.CancellationToken);
        await IdleAsync();
        return result;
    }

    public Task IdleAsync() => Engine.IdleAsync().WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);

    /// <summary>Lets time pass in steps.</summary>
    public async Task PassAsync(double minutes, double step = 1)
    {
        for (var left = minutes; left > 0; left -= step)
        {
            Time.Advance(TimeSpan.FromMinutes(Math.Min(left, step)));
            await IdleAsync();
        }
    }

    /// <summary>The statuses that an order went through.</summary>
    public ControlStatus[] StatusesOf(ControlRequest request, int device)
    {
        var statuses = new List<ControlStatus>();
        lock (Changes)
            foreach (var change in Changes)
                if (change.Request.Id == request.Id && change.Device == device && (statuses.Count == 0 || statuses[^1] != change.Status)) statuses.Add(change.Status);
        return [.. statuses];
    }

    public string? ReasonOf(ControlRequest request, int device)
    {
        lock (Changes) return Changes.Last(change => change.Request.Id == request.Id && change.Device == device).Reason;
    }

    ControlRefusal? IControlRights.Find(ControlRequest request, int device, DateTime now) =>
        Barred.ContainsKey(request.Entity) ? new ControlRefusal(ControlRefusalKind.Denied, $"no agreement of {request.Entity} allows it", "agreement-7") : null;

    bool IControlRights.MayFinish(ControlRequest request, int device) => Barred.GetValueOrDefault(request.Entity);

    public async ValueTask DisposeAsync()
    {
        await Engine.DisposeAsync();
        await _database.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
