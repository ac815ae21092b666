namespace OpcPortal.Server;

/// <summary>
/// The text of a fleet node's id. A portal is <c>portal</c>, its members <c>portal:Name/Name</c>; a device is <c>portal/device</c>, its members
/// <c>portal/device/Name/Name</c>. Ids hold neither ':' nor '/', so each text is read in one way only.
/// </summary>
internal readonly ref struct FleetPath
{
    /// <summary>Characters: two ids and a few names. Longer texts name nothing here.</summary>
    public const int MaxLength = 1024;

    private FleetPath(ReadOnlySpan<char> portal, ReadOnlySpan<char> device, ReadOnlySpan<char> member)
    {
        Portal = portal;
        Device = device;
        Member = member;
    }

    public ReadOnlySpan<char> Portal { get; }

    /// <summary>Empty: the node is the portal's.</summary>
    public ReadOnlySpan<char> Device { get; }

    /// <summary>Names from the portal or device on; empty for itself.</summary>
    public ReadOnlySpan<char> Member { get; }

    public static bool TryParse(ReadOnlySpan<char> text, out FleetPath path)
    {
        path = default;
        if (text.Length is 0 or > MaxLength) return false;
        var end = text.IndexOfAny(':', '/');
        if (end < 0)
        {
            path = new FleetPath(text, default, default);
            return true;
        }

        var portal = text[..end];
        var rest = text[(end + 1)..];
        if (portal.IsEmpty || rest.IsEmpty) return false;
        if (text[end] == ':')
        {
            path = new FleetPath(portal, default, rest);
            return true;
        }

        var slash = rest.IndexOf('/');
        if (slash == 0 || slash == rest.Length - 1) return false;
        path = slash < 0 ? new FleetPath(portal, rest, default) : new FleetPath(portal, rest[..slash], rest[(slash + 1)..]);
        return true;
    }

    public static string OfPortal(string portal, string member) => member.Length == 0 ? portal : $"{portal}:{member}";

    public static string OfDevice(string portal, string device, string member) => member.Length == 0 ? $"{portal}/{device}" : $"{portal}/{device}/{member}";
}
