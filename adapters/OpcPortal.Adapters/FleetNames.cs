namespace OpcPortal.Adapters;

/// <summary>What the names of portals, devices and points may be: they stand in NodeIds (<c>portal/device/point</c>), in topics and in file names.</summary>
public static class FleetNames
{
    /// <summary>Characters of an id. Three of them and two slashes stay far below the 4,096 characters that a string NodeId may have (Part 3 8.2.4).</summary>
    public const int MaxIdLength = 64;

    /// <summary>Characters of a point's path: a few BrowseNames joined with '/'.</summary>
    public const int MaxPointLength = 256;

    /// <summary>Letters, digits, '-', '_' and '.' of ASCII, starting with a letter or digit.</summary>
    public static bool IsId(ReadOnlySpan<char> text)
    {
        if (text.Length is 0 or > MaxIdLength || !char.IsAsciiLetterOrDigit(text[0])) return false;
        foreach (var c in text)
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.')) return false;
        return true;
    }

    /// <summary>Ids joined with '/'.</summary>
    public static bool IsPoint(ReadOnlySpan<char> text)
    {
        if (text.Length > MaxPointLength) return false;
        foreach (var part in text.Split('/'))
            if (!IsId(text[part])) return false;
        return true;
    }
}
