namespace OpcPortal.Server;

/// <summary>All that the server keeps in its database. Whoever adds a table adds it here; a test compares this with a database.</summary>
public static class PortalSchema
{
    /// <summary>The parts, in the order in which they are backed up and restored.</summary>
    public static IReadOnlyList<SchemaComponent> Components { get; } = [SqlRecordStore.Schema, SqlEvidenceStore.Schema, HistorySchema.Component, SqlEventStore.Schema, SqlValidationWork.Schema, MeterExchanges.Schema, SqlControlStore.Schema];
}
