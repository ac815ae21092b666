using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace OpcPortal.Models;

/// <summary>When a device's part of a request begins and ends. Drawn from the request's id and the device's name, so that a server that starts anew draws the same.</summary>
/// <param name="Start">UTC.</param>
/// <param name="End">UTC; of what is done once: when it can no longer be delivered.</param>
public readonly record struct OrderSchedule(DateTime Start, DateTime End)
{
    /// <param name="device"><c>portal/device</c>.</param>
    public static OrderSchedule Of(ControlRequest request, string device)
    {
        var (first, second) = Draw(request.Id, device);
        var start = request.Start + (request.RandomizeStart * first);
        return new OrderSchedule(start, request.HasEnd ? request.End + (request.RandomizeEnd * second) : start + request.DeliveryWindow);
    }

    /// <summary>Two numbers from 0 to 1, 1 excluded, that differ from device to device and stay what they are.</summary>
    public static (double First, double Second) Draw(Guid request, string device)
    {
        ArgumentNullException.ThrowIfNull(device);
        Span<byte> drawn = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{request:N}/{device}"), drawn);
        return (Unit(BinaryPrimitives.ReadUInt64BigEndian(drawn)), Unit(BinaryPrimitives.ReadUInt64BigEndian(drawn[8..])));
    }

    // 53 bits: those of a double.
    private static double Unit(ulong bits) => (bits >> 11) * (1.0 / (1UL << 53));
}
