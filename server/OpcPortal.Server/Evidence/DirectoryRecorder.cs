using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>
/// Makes a row of each change of the directory: who changed what and why, with the hash of each record as it is stored, so that the directory cannot be altered behind the log either.
/// </summary>
public sealed class DirectoryRecorder : IDisposable
{
    /// <summary>The type of its rows.</summary>
    public const string TypeName = "DirectoryChange";

    // A change that people make has a few records; of one that brings in a million, the row says how many.
    private const int MaxRecords = 100;

    private readonly AuditLog _log;
    private readonly PortalDirectory _directory;

    public DirectoryRecorder(AuditLog log, PortalDirectory directory)
    {
        ArgumentNullException.ThrowIfNull(directory);
        _log = log;
        _directory = directory;
        directory.Changed += OnChanged;
    }

    private void OnChanged(DirectoryChange change)
    {
        if (change.Changes.Count > 0) _log.TryAdd(new EvidenceEntry(EvidenceClass.Change, change.RecordedAt, EvidenceKind.Done, TypeName, "", Body(change)));
    }

    private static string Body(DirectoryChange change)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("Author", change.Author);
            json.WriteNumber("Count", change.Changes.Count);
            json.WriteString("Reason", change.Reason);
            json.WriteStartArray("Records");
            foreach (var record in change.Changes.Take(MaxRecords)) Write(json, record);
            json.WriteEndArray();
            json.WriteNumber("Version", change.Version);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
    }

    private static void Write(Utf8JsonWriter json, RecordChange record)
    {
        json.WriteStartObject();
        json.WriteString("Id", record.Id);
        json.WriteString("Kind", record.Kind);
        if (record.After is { } after && RecordKinds.Find(record.Kind) is { } kind) json.WriteString("Sha256", Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(kind.Write(after)))));
        json.WriteEndObject();
    }

    public void Dispose() => _directory.Changed -= OnChanged;
}
