using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using OpcPortal.Adapters.Simulation.Modbus;
using OpcPortal.Adapters.TestKit;

namespace OpcPortal.Adapters.Modbus.Tests;

/// <summary>A simulated field with a clock that the test moves, read and commanded by the ordinary adapter over TCP on loopback.</summary>
internal sealed class SimulatedFieldRig : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private IAdapter? _adapter;
    private Task _running = Task.CompletedTask;

    public SimulatedFieldRig(IReadOnlyList<ModbusFieldDevice> devices) => Field = new ModbusFieldSimulator(new ModbusFieldOptions { Seed = 42, Devices = devices }, Time);

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 6, 10, 12, 0, 0, TimeSpan.Zero));
    public ModbusFieldSimulator Field { get; }
    public RecordingSink Sink { get; } = new();
    public AdapterConfiguration Configuration { get; private set; } = null!;
    public IAdapter Adapter => _adapter!;

    /// <param name="edit">Changes the configuration that the simulator gives.</param>
    public async Task StartAsync(Func<string, string>? edit = null)
    {
        await Field.StartAsync();
        var json = Field.Configuration(TestFiles.Portal, TimeSpan.FromMilliseconds(50));
        Configuration = TestFiles.Read(edit?.Invoke(json) ?? json);
        _adapter = new ModbusAdapterFactory().Create(Configuration, new AdapterContext(Sink, Sink, TimeProvider.System, NullLogger.Instance));
        _running = Task.Run(() => _adapter.RunAsync(_stop.Token));
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        if (_adapter is not null) await _adapter.DisposeAsync();
        await Field.DisposeAsync();
        _stop.Dispose();
    }
}
