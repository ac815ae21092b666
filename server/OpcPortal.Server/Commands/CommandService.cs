using OpcPortal.Adapters;
using OpcPortal.Models;
using OpcPortal.Ua;

namespace OpcPortal.Server;

/// <summary>Limits of commands.</summary>
public sealed record CommandOptions
{
    /// <summary>How long a device may take to confirm: a slow serial line behind a gateway needs some seconds, and a client's own timeout is usually 10 s or more.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Commands under way in the whole server: each waits for a device and holds some hundred bytes.</summary>
    public int MaxUnderWay { get; init; } = 10_000;

    /// <summary>Commands under way for one device: a device takes one at a time, so a longer queue only grows old.</summary>
    public int MaxPerDevice { get; init; } = 16;
}

/// <summary>
/// Carries commands of clients to devices and their answers back: Good means that the device has confirmed. The value itself comes back as a reading, never from here.
/// Thread-safe.
/// </summary>
/// <param name="route">Hands a command to the adapter of its device.</param>
public sealed class CommandService(Func<DeviceCommand, CancellationToken, ValueTask<ReadingStatus>> route, TimeProvider time, CommandOptions options)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<int, int> _underWayByDevice = [];
    private int _underWay;

    /// <summary>Commands that wait for a device.</summary>
    public int UnderWay
    {
        get
        {
            lock (_gate) return _underWay;
        }
    }

    /// <summary>A point of a device shall have a value.</summary>
    /// <returns>Good where the device has confirmed it; BadTimeout after the deadline; BadResourceUnavailable where too many wait.</returns>
    public ValueTask<StatusCode> SetAsync(int device, int point, PointValue value, CancellationToken cancellation) =>
        ExecuteAsync(new SetPointCommand(device, point, value), cancellation);

    /// <summary>A device shall do what its configuration maps a method to.</summary>
    /// <inheritdoc cref="SetAsync" path="/returns"/>
    public ValueTask<StatusCode> InvokeAsync(int device, string name, IReadOnlyList<PointValue> arguments, CancellationToken cancellation) =>
        ExecuteAsync(new InvokeCommand(device, name, arguments), cancellation);

    private async ValueTask<StatusCode> ExecuteAsync(DeviceCommand command, CancellationToken cancellation)
    {
        if (!TryBegin(command.Device)) return StatusCodes.BadResourceUnavailable;
        using var deadline = new CancellationTokenSource(options.Deadline, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellation);
        try
        {
            // An adapter that does not heed its token must not hold the client.
            return new StatusCode((uint)await route(command, either.Token).AsTask().WaitAsync(either.Token).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            return StatusCodes.BadTimeout;
        }
        catch (OperationCanceledException)
        {
            return StatusCodes.BadRequestCancelledByClient;
        }
        finally
        {
            End(command.Device);
        }
    }

    private bool TryBegin(int device)
    {
        lock (_gate)
        {
            var ofDevice = _underWayByDevice.GetValueOrDefault(device);
            if (_underWay >= options.MaxUnderWay || ofDevice >= options.MaxPerDevice) return false;
            _underWay++;
            _underWayByDevice[device] = ofDevice + 1;
            return true;
        }
    }

    private void End(int device)
    {
        lock (_gate)
        {
            _underWay--;
            if (--_underWayByDevice[device] == 0) _underWayByDevice.Remove(device);
        }
    }
}
