namespace OpcPortal.Adapters.Modbus;

/// <summary>Makes adapters for <c>"protocol": "modbus-tcp"</c>.</summary>
public sealed class ModbusAdapterFactory : IAdapterFactory
{
    private readonly Func<ModbusConnectionSettings, IModbusDialer> _dialer;

    public ModbusAdapterFactory()
        : this(settings => new TcpModbusDialer(settings.Host, settings.Port))
    {
    }

    internal ModbusAdapterFactory(Func<ModbusConnectionSettings, IModbusDialer> dialer) => _dialer = dialer;

    /// <inheritdoc/>
    public string Protocol => "modbus-tcp";

    /// <inheritdoc/>
    public IAdapter Create(AdapterConfiguration configuration, AdapterContext context)
    {
        var connection = ModbusSettingsReader.ReadConnection(configuration.Connection);
        var devices = configuration.Devices.Select(device => ModbusSettingsReader.ReadDevice(connection, device)).ToArray();
        return new ModbusAdapter(connection, devices, _dialer(connection), context);
    }

    /// <inheritdoc/>
    public void CheckConnection(ConfigElement connection) => ModbusSettingsReader.ReadConnection(connection);

    /// <inheritdoc/>
    public void CheckDevice(ConfigElement connection, DeviceConfiguration device) => ModbusSettingsReader.ReadDevice(ModbusSettingsReader.ReadConnection(connection), device);
}
