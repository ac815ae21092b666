using System.Diagnostics.CodeAnalysis;

namespace OpcPortal.Ua.Server;

/// <summary>URLs of endpoints as roles name them.</summary>
internal static class RoleEndpoints
{
    private const string Scheme = "opc.tcp";

    // Part 6 7.2: the port registered for OPC UA TCP.
    private const int DefaultPort = 4840;

    public static bool IsValidUrl([NotNullWhen(true)] string? url) =>
        url is { Length: > 0 and <= Channel.TransportLimits.MaxEndpointUrlLength } && Uri.TryCreate(url, UriKind.Absolute, out var parsed) && parsed.Scheme == Scheme && parsed.Host.Length > 0;

    /// <summary>Whether two URLs lead to the same endpoint: host without regard to case, the port's default, a path with or without its last '/'.</summary>
    public static bool IsSameUrl(string? one, string? other)
    {
        if (!Uri.TryCreate(one, UriKind.Absolute, out var first) || !Uri.TryCreate(other, UriKind.Absolute, out var second)) return false;
        return first.Scheme == second.Scheme && first.Host.Equals(second.Host, StringComparison.OrdinalIgnoreCase) && PortOf(first) == PortOf(second)
            && first.AbsolutePath.TrimEnd('/') == second.AbsolutePath.TrimEnd('/');
    }

    private static int PortOf(Uri url) => url.Port >= 0 ? url.Port : DefaultPort;
}
