using System.Data.Common;
using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>Between rows of the tables of <see cref="HistorySchema"/> and what they say.</summary>
internal static class HistoryRows
{
    public static object?[] Of(BlockRow block) => [block.Stretch.Number, block.Series, block.First, block.Generation, block.Last, block.Readings, block.Data];

    public static object?[] Of(StoredRevision stored)
    {
        var (revision, note) = (stored.Revision, stored.Revision.Note);
        return
        [
            Stretch.Of(stored.DataClass, revision.SourceTime).Number, stored.Series, revision.SourceTime.Ticks, stored.Sequence, (int)revision.Kind, revision.At.Ticks, note.Code.ToString(),
            note.Author.Entity, note.Author.Application, note.Author.Person, note.Reason, note.Responsible,
            (int)revision.Value.Kind, revision.Value.Bits, revision.Value.Text, (long)revision.Status,
        ];
    }

    public static object?[] Of(StoredAnnotation stored)
    {
        var (annotation, author) = (stored.Annotation, stored.Annotation.Author);
        return [Stretch.Of(stored.DataClass, annotation.SourceTime).Number, stored.Series, annotation.SourceTime.Ticks, stored.Sequence, annotation.At.Ticks, author.Entity, author.Application, author.Person, annotation.Text];
    }

    /// <summary>Columns: stretch, first, generation, last, readings.</summary>
    public static BlockRow HeaderOf(DbDataReader row, long series) => new(new Stretch(row.GetInt32(0)), series, row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), row.GetInt32(4), []);

    /// <summary>Columns as <see cref="HistorySchema.RevisionColumns"/>.</summary>
    public static StoredRevision RevisionOf(DbDataReader row)
    {
        var author = new QualityAuthor(TextAt(row, 7), TextAt(row, 8), TextAt(row, 9));
        var revision = new ReadingRevision(-1, TimeAt(row, 2), (RevisionKind)row.GetInt32(4), TimeAt(row, 5), new QualityNote(CodeAt(row, 6), author, row.GetString(10), TextAt(row, 11)))
        {
            Value = PointValue.Restore((PointValueKind)row.GetInt32(12), row.GetInt64(13), TextAt(row, 14)),
            Status = (ReadingStatus)(uint)row.GetInt64(15),
        };
        return new StoredRevision(row.GetInt64(1), (byte)new Stretch(row.GetInt32(0)).DataClass, row.GetInt64(3), revision);
    }

    /// <summary>Columns as <see cref="HistorySchema.AnnotationColumns"/>.</summary>
    public static StoredAnnotation AnnotationOf(DbDataReader row)
    {
        var author = new QualityAuthor(TextAt(row, 5), TextAt(row, 6), TextAt(row, 7));
        return new StoredAnnotation(row.GetInt64(1), (byte)new Stretch(row.GetInt32(0)).DataClass, row.GetInt64(3), new ReadingAnnotation(-1, TimeAt(row, 2), TimeAt(row, 4), author, row.GetString(8)));
    }

    /// <summary>Columns: number, code, entity, application, person, reason, responsible.</summary>
    public static NumberedNote NoteOf(DbDataReader row) => new(row.GetInt32(0), new QualityNote(CodeAt(row, 1), new QualityAuthor(TextAt(row, 2), TextAt(row, 3), TextAt(row, 4)), row.GetString(5), TextAt(row, 6)));

    private static string? TextAt(DbDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    private static DateTime TimeAt(DbDataReader row, int column) => StoredBytesReader.TimeOf(row.GetInt64(column));

    private static QualityCode CodeAt(DbDataReader row, int column) => QualityCode.TryParse(row.GetString(column), out var code) ? code : throw new StoredFormatException($"{row.GetString(column)} is no code of quality.");
}
