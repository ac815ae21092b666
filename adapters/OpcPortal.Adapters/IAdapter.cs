using OpcPortal.Models;

namespace OpcPortal.Adapters;

/// <summary>
/// A connection to the field that speaks one protocol: it turns what devices say into <see cref="Reading"/>s, and commands into what devices understand.
/// One adapter serves one configuration file. See <c>docs/guide-adapters.md</c>.
/// </summary>
public interface IAdapter : IAsyncDisposable
{
    /// <summary>
    /// Connects, reads, and reconnects with growing pauses until cancelled. What a device does wrong is told as a bad status of its own points and in
    /// <see cref="AdapterContext.Health"/>, never thrown: the other devices run on.
    /// </summary>
    Task RunAsync(CancellationToken cancellation);

    /// <summary>Carries a command to the device and waits for its answer. Several may be under way at once.</summary>
    /// <returns>Good where the device has confirmed it; else why not. Never throws but for cancellation.</returns>
    ValueTask<ReadingStatus> ExecuteAsync(DeviceCommand command, CancellationToken cancellation);

    /// <summary>
    /// Does what <see cref="ExecuteAsync"/> does and tells all that is known of how it went. A command with an <see cref="DeviceCommand.Id"/> may come again: where the adapter or the device
    /// knows that it was carried out, it is not carried out again. Nothing is sent after its <see cref="DeviceCommand.Deadline"/>.
    /// </summary>
    /// <returns>Never throws but for cancellation. An adapter that leaves this out gives what its status says.</returns>
    async ValueTask<CommandOutcome> CarryOutAsync(DeviceCommand command, CancellationToken cancellation) => CommandOutcome.Of(await ExecuteAsync(command, cancellation).ConfigureAwait(false));
}

/// <summary>Makes the adapters of one protocol. Registered with the host, found by <see cref="Protocol"/>.</summary>
public interface IAdapterFactory
{
    /// <summary>What a configuration's <c>connection.protocol</c> says, such as <c>modbus-tcp</c>.</summary>
    string Protocol { get; }

    /// <summary>Reads the protocol's own settings and mappings; nothing is connected yet.</summary>
    /// <exception cref="ConfigurationException">A setting is wrong: where, and why.</exception>
    IAdapter Create(AdapterConfiguration configuration, AdapterContext context);

    /// <summary>Reads the connection alone, before anything gets a number in the fleet: a wrong one refuses the file.</summary>
    /// <exception cref="ConfigurationException">A setting is wrong.</exception>
    void CheckConnection(ConfigElement connection)
    {
    }

    /// <summary>
    /// Reads one device alone: a wrong one is refused and the others of its file run on. A factory that leaves this out has the whole file refused by <see cref="Create"/>.
    /// </summary>
    /// <param name="connection">Has passed <see cref="CheckConnection"/>.</param>
    /// <param name="device">Numbers of device and points are not given yet: -1.</param>
    /// <exception cref="ConfigurationException">A setting is wrong.</exception>
    void CheckDevice(ConfigElement connection, DeviceConfiguration device)
    {
    }
}

/// <summary>What surrounds an adapter.</summary>
/// <param name="Sink">Where readings go.</param>
/// <param name="Health">Where the state of devices is told.</param>
/// <param name="Time">The only clock.</param>
/// <param name="Logger">A peer's mistakes are logged at Debug.</param>
public sealed record AdapterContext(IReadingSink Sink, IAdapterHealth Health, TimeProvider Time, Microsoft.Extensions.Logging.ILogger Logger)
{
    /// <summary>Where the jitter of pauses comes from; a test gives one with a seed.</summary>
    public Random Random { get; init; } = Random.Shared;

    /// <summary>Where it remembers how far it has read what devices keep themselves.</summary>
    public IDeliveryCursors Cursors { get; init; } = new TransientCursors();

    /// <summary>Where answers are told that nobody waits for any more.</summary>
    public ICommandAnswers Answers { get; init; } = new UnheardAnswers();
}

/// <summary>Takes readings. Thread-safe.</summary>
public interface IReadingSink
{
    /// <summary>Takes a batch; the memory may be used again when the task has completed. Waits only where the server cannot keep up.</summary>
    ValueTask PublishAsync(ReadOnlyMemory<Reading> readings, CancellationToken cancellation);

    /// <summary>
    /// Completes when all that was published before survives the end of the server's process: only then may an adapter tell a device, a broker or its own buffer that they may forget it.
    /// To be asked right after publishing.
    /// </summary>
    /// <exception cref="ReadingsLostException">Some of it does not: it must be asked for again. What was kept already does no harm by coming twice.</exception>
    ValueTask CommitAsync(CancellationToken cancellation) => ValueTask.CompletedTask;
}

/// <summary>Is told how communication with devices goes. Thread-safe, returns at once.</summary>
public interface IAdapterHealth
{
    /// <param name="device">The device's number in the fleet.</param>
    /// <param name="state">The state from now on.</param>
    /// <param name="reason">One line for people; null where all is well.</param>
    void Report(int device, CommunicationState state, string? reason);
}

/// <summary>How communication with a device stands.</summary>
public enum CommunicationState : byte
{
    /// <summary>Nothing was heard yet.</summary>
    Unknown,
    Online,

    /// <summary>It answers, but some of what it says cannot be used.</summary>
    Impaired,
    Offline,
}

/// <summary>Something a device shall do.</summary>
/// <param name="Device">The device's number in the fleet.</param>
public abstract record DeviceCommand(int Device)
{
    /// <summary>The longest <see cref="Id"/>: the name of an order and its step fit, and so does the payload of the smallest broker.</summary>
    public const int MaxIdLength = 256;

    /// <summary>Names it over retries, restarts and servers: the same however often it is sent, and no other command's of the device. Null: it is sent once, and nobody asks again.</summary>
    public string? Id { get; init; }

    /// <summary>UTC: when the device must not begin to carry it out any more.</summary>
    public DateTime Deadline { get; init; } = DateTime.MaxValue;
}

/// <summary>A point of the device shall have a value.</summary>
/// <param name="Device">The device's number in the fleet.</param>
/// <param name="Point">The point's number in the fleet.</param>
/// <param name="Value">In the point's engineering unit.</param>
public sealed record SetPointCommand(int Device, int Point, PointValue Value) : DeviceCommand(Device);

/// <summary>The device shall do what the configuration maps a command of its type to.</summary>
/// <param name="Device">The device's number in the fleet.</param>
/// <param name="Name">The BrowseName of the method, such as <c>Open</c>.</param>
/// <param name="Arguments">In the order of the method's InputArguments.</param>
public sealed record InvokeCommand(int Device, string Name, IReadOnlyList<PointValue> Arguments) : DeviceCommand(Device);
