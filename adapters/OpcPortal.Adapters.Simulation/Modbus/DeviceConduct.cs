namespace OpcPortal.Adapters.Simulation.Modbus;

/// <summary>How a simulated device behaves towards commands. What goes wrong on the line is <see cref="ModbusFaultKind"/>.</summary>
public enum DeviceConduct : byte
{
    /// <summary>It does what it is told.</summary>
    Honest,

    /// <summary>It confirms every write and does nothing: the registers show what was before.</summary>
    DoesNothing,

    /// <summary>It shows what it was told and does not do it: a load that says to be off goes on drawing power.</summary>
    Lies,

    /// <summary>Behind its switch there is voltage while it is open: somebody feeds back.</summary>
    FedBack,
}
