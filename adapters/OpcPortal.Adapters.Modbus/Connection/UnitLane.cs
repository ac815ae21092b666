namespace OpcPortal.Adapters.Modbus;

/// <summary>
/// One unit of a connection: whoever has entered is alone with it until they leave, so that what is read, changed and written back is not torn, and a poll cannot tell an older value after
/// a command's newer one. What was learnt of the unit is kept here over connections.
/// </summary>
internal sealed class UnitLane(byte unit, TimeProvider time)
{
    /// <summary>How often a busy unit is asked again before it counts as unavailable.</summary>
    public const int MaxBusy = 4;

    /// <summary>The pause before that: a unit which writes its flash is busy for about this long.</summary>
    public static readonly TimeSpan BusyPause = TimeSpan.FromMilliseconds(100);

    private readonly SemaphoreSlim _gate = new(1);

    public byte Unit => unit;

    public bool RefusesMaskWrite { get; set; }
    public bool RefusesSingleRegister { get; set; }
    public bool RefusesSingleCoil { get; set; }

    public Task EnterAsync(CancellationToken cancellation) => _gate.WaitAsync(cancellation);

    public void Leave() => _gate.Release();

    /// <summary>
    /// Enters the lane with a turn on the connection, for one poll. The turn is waited for first, outside the lane: else a command for this unit would wait, behind its poll, for the
    /// polls of all the other units.
    /// </summary>
    public async ValueTask EnterForPollAsync(ModbusClient client, CancellationToken cancellation)
    {
        while (true)
        {
            await client.EnterAsync(urgent: false, cancellation).ConfigureAwait(false);
            if (_gate.Wait(0, CancellationToken.None)) return;
            client.Leave();
            await _gate.WaitAsync(cancellation).ConfigureAwait(false);
            _gate.Release();
        }
    }

    /// <summary>
    /// Asks for a command, before polls; a busy unit is asked again. A write is repeated only after "busy", which says that nothing was done, never after "acknowledge" or silence.
    /// </summary>
    public async ValueTask<ModbusAnswer> SendAsync(ModbusClient client, ModbusRequest request, Memory<byte> data, CancellationToken cancellation)
    {
        for (var busy = 0; ; busy++)
        {
            var answer = await client.SendAsync(unit, request, data, urgent: true, cancellation).ConfigureAwait(false);
            if (!ModbusStatus.IsWorthAnotherTry(answer.Exception, request) || busy == MaxBusy) return answer;
            await Task.Delay(BusyPause, time, cancellation).ConfigureAwait(false);
        }
    }
}
