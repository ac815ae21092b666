using System.Globalization;

namespace OpcPortal.Ua;

/// <summary>A name qualified by a namespace index. Part 3 8.3.</summary>
public readonly record struct QualifiedName(string? Name, ushort NamespaceIndex = 0)
{
    public bool IsNull => Name is null && NamespaceIndex == 0;

    public static implicit operator QualifiedName(string? name) => new(name);

    /// <summary><c>2:Name</c>, the index left out when 0.</summary>
    public override string ToString() =>
        NamespaceIndex == 0 ? Name ?? "" : string.Create(CultureInfo.InvariantCulture, $"{NamespaceIndex}:{Name}");

    /// <summary>Reads <c>2:Name</c> or <c>Name</c>. A prefix that is no number belongs to the name.</summary>
    public static QualifiedName Parse(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon > 0 && ushort.TryParse(text.AsSpan(0, colon), NumberStyles.None, CultureInfo.InvariantCulture, out var index)
            ? new QualifiedName(text[(colon + 1)..], index)
            : new QualifiedName(text);
    }
}
