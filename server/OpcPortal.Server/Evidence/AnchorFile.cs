using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>A small file of the newest anchor of each class, a line each. Replaced as a whole: a crash leaves the old one or the new one.</summary>
internal static class AnchorFile
{
    /// <summary>The anchors of a file; none where there is no file.</summary>
    /// <exception cref="InvalidDataException">A line is no anchor.</exception>
    public static IReadOnlyList<EvidenceAnchor> Read(string file)
    {
        if (!File.Exists(file)) return [];
        var anchors = new List<EvidenceAnchor>(AuditLog.Classes.Length);
        foreach (var line in File.ReadLines(file))
        {
            if (line.Length == 0) continue;
            anchors.Add(EvidenceAnchor.TryParse(line, out var anchor) ? anchor : throw new InvalidDataException($"{file} has a line that is no anchor."));
        }

        return anchors;
    }

    /// <exception cref="IOException">It cannot be written.</exception>
    public static void Write(string file, IEnumerable<EvidenceAnchor> anchors)
    {
        var fresh = file + ".new";
        using (var stream = new FileStream(fresh, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            stream.Write(System.Text.Encoding.UTF8.GetBytes(string.Concat(anchors.Select(anchor => $"{anchor}\n"))));
            stream.Flush(flushToDisk: true);
        }

        File.Move(fresh, file, overwrite: true);
    }
}
