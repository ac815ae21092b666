using Microsoft.Extensions.Logging.Abstractions;
using OpcPortal.Adapters.TestKit;
using OpcPortal.Models;

namespace OpcPortal.Adapters.Modbus.Tests;

/// <summary>An adapter over a field in memory, with time in the test's hand.</summary>
internal sealed class AdapterRig : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly CancellationTokenSource _stop = new();
    private readonly IAdapter _adapter;
    private readonly Task _running;

    /// <param name="now">When it begins; null: when it does not matter.</param>
    /// <param name="cursors">What it knows of what was delivered before; null: nothing.</param>
    public AdapterRig(string configuration, Func<ReceivedRequest, Task<bool>>? rule = null, Func<CancellationToken, Task>? dialling = null, DateTime? now = null, IDeliveryCursors? cursors = null)
    {
        if (now is { } start) Time.SetUtcNow(start);
        Field = new ScriptedField { Time = Time };
        Time.FiresTimeouts = waiting => waiting <= Field.Ignored;
        Time.TimingOut = Field.Forget;
        if (rule is not null) Field.Rule = rule;
        if (dialling is not null) Field.Dialling = dialling;
        Configuration = TestFiles.Read(configuration);
        var factory = new ModbusAdapterFactory(_ => Field);
        _adapter = factory.Create(Configuration, new AdapterContext(Sink, Sink, Time, NullLogger.Instance) { Random = new Random(11), Cursors = cursors ?? new TransientCursors() });
        _running = Task.Run(() => _adapter.RunAsync(_stop.Token));
    }

    public SteppedTime Time { get; } = new(TestFiles.RequestTimeout);
    public ScriptedField Field { get; }
    public RecordingSink Sink { get; } = new();
    public AdapterConfiguration Configuration { get; }

    public int Point(string name, int device = 0) => TestFiles.Point(Configuration, device, name);

    public Task<Reading> UntilReadAsync(string point, Predicate<Reading> wanted, int device = 0) => AdvanceUntilAsync(Sink.WaitForAsync(Point(point, device), wanted));

    public Task<ReadingStatus> ExecuteAsync(DeviceCommand command) => _adapter.ExecuteAsync(command, CancellationToken.None).AsTask();

    public Task<ReadingStatus> SetAsync(string point, PointValue value) => _adapter.ExecuteAsync(new SetPointCommand(0, Point(point), value), CancellationToken.None).AsTask();

    public Task<ReadingStatus> InvokeAsync(string name, params PointValue[] arguments) => _adapter.ExecuteAsync(new InvokeCommand(0, name, arguments), CancellationToken.None).AsTask();

    public Task<CommandOutcome> CarryOutAsync(DeviceCommand command) => _adapter.CarryOutAsync(command, CancellationToken.None).AsTask();

    public async Task<T> AdvanceUntilAsync<T>(Task<T> done)
    {
        await UntilAsync(() => done.IsCompleted);
        return await done;
    }

    /// <summary>Moves time on until it is so.</summary>
    public Task UntilAsync(Func<bool> so) => SpinAsync(so, () => Time.TryStep());

    /// <summary>Moves time on by just that, once somebody waits for it.</summary>
    public async Task AdvanceArmedAsync(TimeSpan dueIn)
    {
        await SpinAsync(() => Time.IsArmed(dueIn), () => { });
        Time.Advance(dueIn);
    }

    private async Task SpinAsync(Func<bool> so, Action step)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!so())
        {
            if (TimeProvider.System.GetElapsedTime(start) > Patience) throw new TimeoutException($"Waited {Patience} in vain; {Field.Seen.Count} requests were seen.");
            step();
            await Task.Yield();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.WaitAsync(Patience);
        await _adapter.DisposeAsync();
        _stop.Dispose();
    }
}

/// <summary>A table of holding registers with a rule of what may be read: what most tests need of a device.</summary>
internal sealed class RegisterBank(params ushort[] registers)
{
    public ushort[] Registers { get; } = registers;

    /// <summary>Registers whose reading is refused.</summary>
    public HashSet<int> Illegal { get; } = [];

    public Func<ReceivedRequest, ExceptionCode> Refuse { get; set; } = _ => ExceptionCode.None;

    public async Task<bool> ServeAsync(ReceivedRequest received)
    {
        var request = received.Request;
        var refusal = Refuse(received);
        if (refusal == ExceptionCode.None && Enumerable.Range(request.Address, request.Count).Any(address => address >= Registers.Length || Illegal.Contains(address)))
            refusal = ExceptionCode.IllegalDataAddress;
        if (refusal != ExceptionCode.None) await received.RefuseAsync(refusal);
        else if (request.IsRead) await received.AnswerRegistersAsync(Registers[request.Address..(request.Address + request.Count)]);
        else await WriteAsync(received);
        return true;
    }

    private Task WriteAsync(ReceivedRequest received)
    {
        var request = received.Request;
        if (request.Function == FunctionCode.MaskWriteRegister)
            Registers[request.Address] = (ushort)((Registers[request.Address] & request.AndMask) | (request.OrMask & ~request.AndMask));
        for (var i = 0; i < request.Data.Length; i += 2) Registers[request.Address + (i / 2)] = (ushort)((request.Data.Span[i] << 8) | request.Data.Span[i + 1]);
        return received.ConfirmAsync();
    }
}
