using OpcPortal.Models;

namespace OpcPortal.Adapters.TestKit;

/// <summary>
/// A field for the contract's tests: at least two devices behind one connection, in a configuration that polls and times out within a fraction of a second. An adapter's author
/// builds it with simulated devices which speak the real protocol.
/// </summary>
public abstract class FieldUnderTest : IAsyncDisposable
{
    public abstract IAdapterFactory Factory { get; }

    /// <summary>Two devices or more; each has a point. The first has the writable point and the command.</summary>
    public abstract AdapterConfiguration Configuration { get; }

    /// <summary>The number of a writable point of the first device.</summary>
    public abstract int WritablePoint { get; }

    /// <summary>A value for it, other than it has at first.</summary>
    public abstract PointValue SetPoint { get; }

    /// <summary>What the simulated device itself holds for the writable point.</summary>
    public abstract PointValue SetPointAtDevice { get; }

    /// <summary>A command of the first device.</summary>
    public abstract InvokeCommand Command { get; }

    /// <summary>Whether the simulated device itself has carried out the command.</summary>
    public abstract bool CommandReachedDevice { get; }

    /// <summary>
    /// The numbers of the points whose readings are of times that are over, such as of intervals: what was true of those stays so when the device cannot be reached, and the contract wants no bad reading of them.
    /// </summary>
    public virtual IReadOnlyCollection<int> PastPoints => [];

    /// <summary>The whole field becomes unreachable: connections are cut and refused.</summary>
    public abstract ValueTask CutAsync();

    /// <summary>The field can be reached again.</summary>
    public abstract ValueTask RestoreAsync();

    /// <summary>One device says nothing any more; the others do.</summary>
    public abstract ValueTask SilenceAsync(int device);

    /// <summary>One device says what cannot be understood; the others behave.</summary>
    public abstract ValueTask GarbleAsync(int device);

    /// <summary>The device behaves again.</summary>
    public abstract ValueTask HealAsync(int device);

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();
}

/// <summary>A field whose first device keeps readings itself, or at its broker, while nobody asks for them.</summary>
public abstract class KeepingFieldUnderTest : FieldUnderTest
{
    /// <summary>The number of the point whose readings are kept; one of <see cref="FieldUnderTest.PastPoints"/>.</summary>
    public abstract int KeptPoint { get; }

    /// <summary>The device notes a reading, whether it can be reached or not.</summary>
    /// <param name="time">UTC, whole seconds; later than that of the one before.</param>
    /// <param name="value">0 to 1000, whole.</param>
    public abstract ValueTask NoteAsync(DateTime time, double value);
}
