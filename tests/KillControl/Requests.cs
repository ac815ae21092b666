using OpcPortal.Models;

namespace OpcPortal.KillControl;

/// <summary>What is asked for.</summary>
internal static class Requests
{
    public static ControlRequest Shed(DateTime now) => new()
    {
        Id = new Guid(1, 0, 0, new byte[8]),
        Entity = "brightline",
        Target = new ControlTarget { Areas = ["all"] },
        Action = ControlAction.Shed,
        Measure = LoadMeasure.Off,
        CreatedAt = now,
        Start = now,
        Duration = TimeSpan.FromSeconds(2),
        DeliveryWindow = TimeSpan.FromHours(1),
    };

    public static ControlRequest Disconnect(DateTime now) => new()
    {
        Id = new Guid(2, 0, 0, new byte[8]),
        Entity = "utility",
        Target = new ControlTarget { Devices = ["oak-9/heater"] },
        Action = ControlAction.DisconnectSupply,
        CreatedAt = now,
        Start = now,
        DeliveryWindow = TimeSpan.FromHours(1),
    };
}
