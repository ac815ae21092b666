using System.Globalization;
using System.Text.Json.Nodes;
using OpcPortal.Adapters.Modbus;

namespace OpcPortal.Adapters.Simulation.Modbus;

/// <summary>A mapping as the adapter's configuration has it.</summary>
internal static class MappingJson
{
    public static JsonObject Of(RegisterMapping mapping)
    {
        var json = new JsonObject { ["table"] = Name(mapping.Table), ["address"] = mapping.Address };
        if (!mapping.OfBits) json["format"] = Name(mapping.Format);
        if (mapping.WordOrder != RegisterOrder.Big) json["wordOrder"] = Name(mapping.WordOrder);
        if (mapping.ByteOrder != RegisterOrder.Big) json["byteOrder"] = Name(mapping.ByteOrder);
        if (mapping.Format == RegisterFormat.String) json["length"] = mapping.TextRegisters;
        if (ushort.IsPow2(mapping.Mask)) json["bit"] = (int)ushort.TrailingZeroCount(mapping.Mask);
        else if (mapping.IsField) json["mask"] = Hex(mapping.Mask);
        if (mapping.Scaling.Scale != 1) json["scale"] = mapping.Scaling.Scale;
        if (mapping.Scaling.Offset != 0) json["offset"] = mapping.Scaling.Offset;
        if (mapping.NotAvailable is { } none) json["notAvailable"] = Hex(none);
        if (mapping.Writable) json["writable"] = true;
        if (double.IsFinite(mapping.Min)) json["min"] = mapping.Min;
        if (double.IsFinite(mapping.Max)) json["max"] = mapping.Max;
        if (mapping.WriteFunction != WriteFunction.Auto) json["writeFunction"] = Name(mapping.WriteFunction);
        if (mapping.Poll is { } poll) json["poll"] = Duration(poll);
        return json;
    }

    public static string Duration(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0.###} ms");

    private static string Hex(ulong bits) => string.Create(CultureInfo.InvariantCulture, $"0x{bits:X4}");

    private static string Name<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
}
