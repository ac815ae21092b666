using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using OpcPortal.Adapters;

namespace OpcPortal.Server;

/// <summary>
/// Applies the files of a folder to the directory when the server starts. What a file says is applied once, and again when the file says something else: what was changed by other ways
/// meanwhile stays, so that no restart brings back who was locked out.
/// </summary>
public static class DirectoryFolder
{
    /// <summary>Files of a folder: one a kind of record or entity.</summary>
    public const int MaxFiles = 1_000;

    /// <summary>What was applied of files, by record.</summary>
    private const string Document = "directory-files";

    private const string Author = "files";

    /// <summary>Reads every <c>*.json</c> of a folder in the order of names and applies all of them together, or none.</summary>
    /// <param name="folder">Where it is not there, nothing is read.</param>
    /// <returns>What was changed.</returns>
    /// <exception cref="ConfigurationException">Something is wrong: <c>file:line: reason</c>.</exception>
    /// <exception cref="DirectoryException">It cannot be stored.</exception>
    public static async Task<DirectoryChange> ApplyAsync(string folder, PortalDirectory directory, CancellationToken cancellation = default)
    {
        var places = new Dictionary<(string Kind, string Id), FileRecord>();
        foreach (var file in FilesOf(folder))
            foreach (var record in DirectoryFile.Read(file, ReadFile(file), mayReadFiles: true)) Place(places, record);
        var tables = directory.Tables;
        var applied = AppliedBefore(tables);
        var upserts = new List<object>();
        foreach (var (key, record) in places)
        {
            var digest = DigestOf(record.Record);
            var name = $"{key.Kind}/{key.Id}";
            if (applied.TryGetValue(name, out var before) && before == digest) continue;
            applied[name] = digest;
            if (record.Record is not DirectoryRemoval removal || tables.Find(RecordKinds.Find(removal.Kind)!, removal.Id) is not null) upserts.Add(record.Record);
        }

        if (upserts.Count > 0 || tables.Documents.ContainsKey(Document)) upserts.Add(new DirectoryDocument(Document, JsonSerializer.Serialize(applied)));
        try
        {
            return await directory.ApplyAsync(upserts, Author, "The files of the directory say so.", cancellation).ConfigureAwait(false);
        }
        catch (DirectoryException wrong) when (wrong.Record is { } found && places.TryGetValue(found, out var record))
        {
            throw record.Place.Wrong(wrong.Message);
        }
    }

    private static void Place(Dictionary<(string Kind, string Id), FileRecord> places, FileRecord record)
    {
        var key = record.Record is DirectoryRemoval removal ? (removal.Kind, removal.Id) : KeyOf(record.Record);
        if (places.TryAdd(key, record)) return;
        var other = places[key].Place;
        throw record.Place.Wrong($"the {key.Item1} '{key.Item2}' is given in {Path.GetFileName(other.File)}, line {other.Line}, already");
    }

    private static (string Kind, string Id) KeyOf(object record)
    {
        var kind = RecordKinds.Of(record)!;
        return (kind.Name, kind.IdOf(record));
    }

    private static string DigestOf(object record)
    {
        var text = record is DirectoryRemoval ? "" : RecordKinds.Of(record)!.Write(record);
        // Half a hash: it tells an edit from none, and guards nothing.
        return Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 16));
    }

    private static SortedDictionary<string, string> AppliedBefore(DirectoryTables tables) =>
        new(tables.Documents.TryGetValue(Document, out var document) ? JsonSerializer.Deserialize<Dictionary<string, string>>(document.Json)! : [], StringComparer.Ordinal);

    private static string[] FilesOf(string folder)
    {
        if (!Directory.Exists(folder)) return [];
        try
        {
            var files = Directory.GetFiles(folder, "*.json");
            Array.Sort(files, StringComparer.Ordinal);
            return files.Length <= MaxFiles ? files : throw new ConfigurationException(folder, 1, $"The folder has {files.Length} files; {MaxFiles} are allowed.");
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException(folder, 1, $"The folder cannot be read: {unreadable.Message}");
        }
    }

    private static byte[] ReadFile(string file)
    {
        try
        {
            var length = new FileInfo(file).Length;
            if (length > ConfigElement.MaxFileBytes) throw new ConfigurationException(file, 1, $"The file has {length} bytes; {ConfigElement.MaxFileBytes} are allowed.");
            return File.ReadAllBytes(file);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException(file, 1, $"The file cannot be read: {unreadable.Message}");
        }
    }
}
