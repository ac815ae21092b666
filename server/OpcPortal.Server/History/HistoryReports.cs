using System.Globalization;
using System.Text;
using System.Text.Json;
using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>Tells of what goes on with stored readings: clients by events of the Server object and its ServiceLevel, the Security Manager by rows of evidence.</summary>
internal sealed class HistoryReports : IDisposable
{
    /// <summary>The type of rows of what was deleted because its time was over.</summary>
    public const string RetiredType = "ReadingsDeleted";

    /// <summary>The type of rows of how it is with keeping readings.</summary>
    public const string ConditionType = "HistoryCondition";

    private readonly ReadingStore _store;
    private readonly UaServer _ua;
    private readonly AuditLog? _log;
    private readonly TimeProvider _time;

    public HistoryReports(ReadingStore store, UaServer ua, AuditLog? log, TimeProvider time)
    {
        (_store, _ua, _log, _time) = (store, ua, log, time);
        store.ConditionChanged += OnCondition;
        store.Retired += OnRetired;
        OnCondition(store.Condition, isNews: false);
    }

    private void OnCondition(HistoryStanding standing) => OnCondition(standing, isNews: true);

    private void OnCondition(HistoryStanding standing, bool isNews)
    {
        _ua.Server.Status.IsDegraded = standing.Condition == HistoryCondition.NotKeeping;
        if (!isNews) return;
        var now = _time.GetUtcNow().UtcDateTime;
        var text = standing.Condition switch
        {
            HistoryCondition.DatabaseAway => $"The database does not take readings; the journal does. {standing.Reason}",
            HistoryCondition.NotKeeping => $"Readings are not kept; current values go on. {standing.Reason}",
            _ => "Readings are kept.",
        };
        _ua.Events.Report(new UaEvent
        {
            EventType = ObjectTypeIds.SystemEventType,
            SourceNode = ObjectIds.Server,
            SourceName = "Server",
            Time = now,
            Message = new LocalizedText(text),
            Severity = SeverityOf(standing.Condition),
        });
        _log?.TryAdd(new EvidenceEntry(EvidenceClass.Change, now, EvidenceKind.Done, ConditionType, "", Json(json =>
        {
            json.WriteString("Condition", standing.Condition.ToString());
            json.WriteString("Reason", standing.Reason);
        })));
    }

    // Part 5 6.4.2: 1 to 1000. Bills may lack what is not kept now.
    private static ushort SeverityOf(HistoryCondition condition) => condition switch
    {
        HistoryCondition.NotKeeping => 900,
        HistoryCondition.DatabaseAway => 600,
        _ => 100,
    };

    private void OnRetired(RetiredReadings retired) => _log?.TryAdd(new EvidenceEntry(EvidenceClass.Change, _time.GetUtcNow().UtcDateTime, EvidenceKind.Done, RetiredType, "", Json(json =>
    {
        json.WriteNumber("Annotations", retired.Annotations);
        json.WriteNumber("DataClass", retired.DataClass);
        json.WriteString("From", retired.From.ToString("O", CultureInfo.InvariantCulture));
        json.WriteNumber("Readings", retired.Readings);
        json.WriteNumber("RetentionDays", (long)retired.Retention.TotalDays);
        json.WriteNumber("Revisions", retired.Revisions);
        json.WriteString("To", retired.To.ToString("O", CultureInfo.InvariantCulture));
    })));

    // Members in ordinal order, as all evidence has them.
    private static string Json(Action<Utf8JsonWriter> members)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
    }

    public void Dispose()
    {
        _store.ConditionChanged -= OnCondition;
        _store.Retired -= OnRetired;
    }
}
