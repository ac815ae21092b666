namespace OpcPortal.Server;

/// <summary>
/// The text of a fleet node's id. A portal is <c>portal</c>, its members <c>portal:Name/Name</c>; a device is <c>portal/device</c>, its members
/// <c>portal/device/Name/Name</c>. What a natural person owns has that customer's id and '@' before all else: an id of a former occupant means nothing for the next. Ids hold neither
/// '@' nor ':' nor '/', so each text is read in one way only.
/// </summary>
internal readonly ref struct FleetPath
{
    /// <summary>Characters: three ids and a few names. Longer texts name nothing here.</summary>
    public const int MaxLength = 1024;

    private FleetPath(ReadOnlySpan<char> owner, ReadOnlySpan<char> portal, ReadOnlySpan<char> device, ReadOnlySpan<char> member)
    {
        Owner = owner;
        Portal = portal;
        Device = device;
        Member = member;
    }

    /// <summary>The natural person who owns the node; empty: another owner, or none.</summary>
    public ReadOnlySpan<char> Owner { get; }

    public ReadOnlySpan<char> Portal { get; }

    /// <summary>Empty: the node is the portal's.</summary>
    public ReadOnlySpan<char> Device { get; }

    /// <summary>Names from the portal or device on; empty for itself.</summary>
    public ReadOnlySpan<char> Member { get; }

    public static bool TryParse(ReadOnlySpan<char> text, out FleetPath path)
    {
        path = default;
        if (text.Length is 0 or > MaxLength) return false;
        ReadOnlySpan<char> owner = default;
        var end = text.IndexOfAny('@', ':', '/');
        if (end >= 0 && text[end] == '@')
        {
            owner = text[..end];
            text = text[(end + 1)..];
            if (owner.IsEmpty || text.IsEmpty) return false;
            end = text.IndexOfAny(':', '/');
        }

        if (end < 0)
        {
            path = new FleetPath(owner, text, default, default);
            return true;
        }

        var portal = text[..end];
        var rest = text[(end + 1)..];
        if (portal.IsEmpty || rest.IsEmpty) return false;
        if (text[end] == ':')
        {
            path = new FleetPath(owner, portal, default, rest);
            return true;
        }

        var slash = rest.IndexOf('/');
        if (slash == 0 || slash == rest.Length - 1) return false;
        path = slash < 0 ? new FleetPath(owner, portal, rest, default) : new FleetPath(owner, portal, rest[..slash], rest[(slash + 1)..]);
        return true;
    }

    /// <param name="owner">The natural person who owns the node; null for another.</param>
    public static string OfPortal(string? owner, string portal, string member)
    {
        var text = member.Length == 0 ? portal : $"{portal}:{member}";
        return owner is null ? text : $"{owner}@{text}";
    }

    /// <inheritdoc cref="OfPortal"/>
    public static string OfDevice(string? owner, string portal, string device, string member)
    {
        if (owner is null) return member.Length == 0 ? $"{portal}/{device}" : $"{portal}/{device}/{member}";
        return member.Length == 0 ? $"{owner}@{portal}/{device}" : $"{owner}@{portal}/{device}/{member}";
    }
}
