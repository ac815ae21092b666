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
