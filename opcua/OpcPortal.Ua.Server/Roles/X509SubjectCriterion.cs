using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace OpcPortal.Ua.Server;

/// <summary>
/// A certificate's subject as identity mapping rules write it: the known attributes as <c>name="value"</c>, joined with '/', in the order of the table. Part 18 4.4.3 (X509Subject).
/// </summary>
public static class X509SubjectCriterion
{
    /// <summary>Characters of a criterion: a subject of a dozen full attributes.</summary>
    public const int MaxLength = 1024;

    // In the order in which a criterion lists them.
    private static readonly (string Name, string Oid)[] Attributes =
    [
        ("CN", "2.5.4.3"), ("O", "2.5.4.10"), ("OU", "2.5.4.11"), ("DC", "0.9.2342.19200300.100.1.25"), ("L", "2.5.4.7"), ("S", "2.5.4.8"), ("C", "2.5.4.6"),
        ("dnQualifier", "2.5.4.46"), ("serialNumber", "2.5.4.5"),
    ];

    /// <returns>The criterion that fits this name alone; null where it has no attribute that a criterion can name, or a value that none can hold.</returns>
    public static string? Of(X500DistinguishedName name)
    {
        ArgumentNullException.ThrowIfNull(name);
        var text = new StringBuilder();
        foreach (var (attribute, oid) in Attributes)
        {
            foreach (var part in name.EnumerateRelativeDistinguishedNames(reversed: false))
            {
                if (part.HasMultipleElements) return null;
                if (part.GetSingleElementType().Value != oid) continue;
                if (ValueOf(part) is not { } value || !IsPrintable(value)) return null;
                text.Append(text.Length > 0 ? "/" : "").Append(attribute).Append("=\"").Append(value).Append('"');
            }
        }

        return text.Length is > 0 and <= MaxLength ? text.ToString() : null;
    }

    /// <summary>Whether a text can be a criterion: known names in the order of the table, each with a value in quotes.</summary>
    public static bool IsValid(string? text)
    {
        if (string.IsNullOrEmpty(text) || text.Length > MaxLength) return false;
        var rank = 0;
        for (var at = 0; ;)
        {
            var equals = text.IndexOf("=\"", at, StringComparison.Ordinal);
            if (equals < 0) return false;
            var name = text.AsSpan(at, equals - at);
            while (rank < Attributes.Length && !name.SequenceEqual(Attributes[rank].Name)) rank++;
            var end = rank < Attributes.Length ? text.IndexOf('"', equals + 2) : -1;
            if (end <= equals + 2 || !IsPrintable(text.AsSpan(equals + 2, end - equals - 2))) return false;
            if (end == text.Length - 1) return true;
            if (text[end + 1] != '/') return false;
            at = end + 2;
        }
    }

    private static string? ValueOf(X500RelativeDistinguishedName part)
    {
        try
        {
            return part.GetSingleElementValue();
        }
        catch (Exception malformed) when (malformed is AsnContentException or System.Security.Cryptography.CryptographicException)
        {
            return null;
        }
    }

    private static bool IsPrintable(ReadOnlySpan<char> value)
    {
        foreach (var character in value)
            if (character == '"' || char.IsControl(character)) return false;
        return true;
    }
}
