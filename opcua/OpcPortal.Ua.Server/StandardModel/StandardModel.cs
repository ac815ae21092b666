using OpcPortal.Ua.NodeSets;

namespace OpcPortal.Ua.Server;

/// <summary>
/// The standard's models as facts, compiled into this assembly: namespace 0 whole, and Devices (OPC 10000-100). Made by
/// <c>dotnet run --project opcua/OpcPortal.Ua.CodeGen -- models</c>.
/// </summary>
public static class StandardModel
{
    /// <summary>The namespace of OPC 10000-100.</summary>
    public const string DevicesUri = "http://opcfoundation.org/UA/DI/";

    /// <summary>Namespace 0. A new copy on each call.</summary>
    public static NodeSet LoadUa() => Load("ua.bin");

    /// <summary>Devices; namespace 1 of the NodeSet is <see cref="DevicesUri"/>. A new copy on each call.</summary>
    public static NodeSet LoadDi() => Load("di.bin");

    private static NodeSet Load(string name)
    {
        using var stream = typeof(StandardModel).Assembly.GetManifestResourceStream($"StandardModel/{name}")
            ?? throw new InvalidOperationException($"The resource {name} is not in the assembly.");
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return CompactNodeSet.Read(bytes, name);
    }
}
