using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>Makes a page of annotations: those of one time oldest first; an empty one takes its author's earlier ones of that time from view.</summary>
internal static class AnnotationPage
{
    /// <param name="stored">All there are within the walk, in any order, perhaps some twice.</param>
    public static HistoryPage<ReadingAnnotation> Of(List<StoredAnnotation> stored, int point, HistoryWalk walk)
    {
        var times = stored.DistinctBy(static annotation => annotation.Sequence).OrderBy(static annotation => annotation.Sequence).GroupBy(static annotation => annotation.Annotation.SourceTime);
        var items = new List<ReadingAnnotation>();
        foreach (var time in walk.IsForward ? times.OrderBy(static time => time.Key) : times.OrderByDescending(static time => time.Key))
        {
            var visible = Visible(time);
            for (var i = time.Key == walk.From ? walk.Skip : 0; i < visible.Count; i++)
            {
                if (items.Count == walk.Limit) return new HistoryPage<ReadingAnnotation>(items, new HistoryPlace(time.Key, i));
                items.Add(visible[i] with { Point = point });
            }
        }

        return new HistoryPage<ReadingAnnotation>(items, null);
    }

    private static List<ReadingAnnotation> Visible(IEnumerable<StoredAnnotation> ofOneTime)
    {
        var visible = new List<ReadingAnnotation>();
        foreach (var (_, _, _, annotation) in ofOneTime)
        {
            if (annotation.Text.Length > 0) visible.Add(annotation);
            else visible.RemoveAll(earlier => earlier.Author == annotation.Author);
        }

        return visible;
    }
}
