using System.Globalization;
using System.Text;
using System.Text.Json;

namespace OpcPortal.Models;

/// <summary>
/// Where a chain stands: kept elsewhere than the rows, it shows also that the newest of them were cut off or written anew.
/// </summary>
/// <param name="Sequence">0: there is no row yet.</param>
/// <param name="Hash">Of the row of that number.</param>
public readonly record struct EvidenceAnchor(EvidenceClass Class, long Sequence, EvidenceDigest Hash)
{
    /// <summary>Before the first row.</summary>
    public static EvidenceAnchor Start(EvidenceClass @class) => new(@class, 0, default);

    /// <summary><c>Security:17:HASH</c>, as the process log and the anchor file have it.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Class}:{Sequence}:{Hash}");

    public static bool TryParse(string? text, out EvidenceAnchor anchor)
    {
        anchor = default;
        if (text?.Trim().Split(':') is not [var name, var number, var digits]) return false;
        if (!EvidenceText.TryClass(name, out var @class) || !long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var sequence)) return false;
        if (!EvidenceDigest.TryParse(digits, out var hash)) return false;
        anchor = new(@class, sequence, hash);
        return true;
    }
}

/// <summary>
/// What a row of kind <see cref="EvidenceKind.Checkpoint"/> says: rows were removed because their time was over. The oldest row that is left must follow the last that was
/// removed, so that nobody can take away more than the log itself says.
/// </summary>
/// <param name="Through">The sequence number of the last row that was removed.</param>
/// <param name="Hash">The hash of that row.</param>
public readonly record struct EvidenceCheckpoint(long Through, EvidenceDigest Hash)
{
    /// <summary>The type of such rows.</summary>
    public const string TypeName = "Checkpoint";

    public string ToBody() => string.Create(CultureInfo.InvariantCulture, $$"""{"Hash":"{{Hash}}","Through":{{Through}}}""");

    public static bool TryRead(EvidenceRow row, out EvidenceCheckpoint checkpoint)
    {
        ArgumentNullException.ThrowIfNull(row);
        checkpoint = default;
        if (row.Kind != EvidenceKind.Checkpoint) return false;
        try
        {
            using var body = JsonDocument.Parse(row.Body);
            if (body.RootElement.ValueKind != JsonValueKind.Object) return false;
            if (!body.RootElement.TryGetProperty("Through", out var through) || through.ValueKind != JsonValueKind.Number || !through.TryGetInt64(out var sequence)) return false;
            if (!body.RootElement.TryGetProperty("Hash", out var text) || text.ValueKind != JsonValueKind.String || !EvidenceDigest.TryParse(text.GetString(), out var hash)) return false;
            checkpoint = new(sequence, hash);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
