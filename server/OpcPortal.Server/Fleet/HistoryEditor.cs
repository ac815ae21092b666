using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>
/// Turns what a user changes of stored readings into revisions and annotations: nothing is ever overwritten. Part 11 6.8. One change at a time, so that what was found there still holds when it is
/// written.
/// </summary>
internal sealed class HistoryEditor(TimeProvider time) : IDisposable
{
    /// <summary>Readings that one call deletes: a year of seconds asks for several calls, and no call holds up the others for minutes.</summary>
    public const int MaxDeleted = 100_000;

    /// <summary>Characters of an annotation: a page for people.</summary>
    public const int MaxAnnotationLength = 4096;

    private const int PageSize = 4096;

    private readonly SemaphoreSlim _turn = new(1);

    public static ValueTask<StatusCode[]> Refuse(int count)
    {
        var refused = new StatusCode[count];
        Array.Fill(refused, StatusCodes.BadHistoryOperationUnsupported);
        return ValueTask.FromResult(refused);
    }

    public async ValueTask<StatusCode[]> UpdateAsync(HistorySource source, PerformUpdateType kind, IReadOnlyList<DataValue> values, CancellationToken cancellation)
    {
        if (kind is not (PerformUpdateType.Insert or PerformUpdateType.Replace or PerformUpdateType.Update)) return await Refuse(values.Count).ConfigureAwait(false);
        await _turn.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            var change = new Change(source, time.GetUtcNow().UtcDateTime);
            var results = new StatusCode[values.Count];
            for (var i = 0; i < results.Length; i++) results[i] = await UpdateAsync(change, kind, values[i], cancellation).ConfigureAwait(false);
            return await change.CommitAsync(results, cancellation).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    private async ValueTask<StatusCode> UpdateAsync(Change change, PerformUpdateType kind, DataValue value, CancellationToken cancellation)
    {
        var at = value.SourceTimestamp;
        if (at == default || at > change.Now + PointStore.FutureTolerance) return StatusCodes.BadInvalidTimestamp;
        if (!change.MayEdit(at)) return StatusCodes.BadUserAccessDenied;
        var status = change.Source.Slot.Conversion!.TryStore(value, out var stored);
        if (status.IsBad) return status;
        var isThere = await change.IsThereAsync(at, cancellation).ConfigureAwait(false);
        if (isThere && kind == PerformUpdateType.Insert) return StatusCodes.BadEntryExists;
        if (!isThere && kind == PerformUpdateType.Replace) return StatusCodes.BadNoEntryExists;
        change.Add(at, isThere ? RevisionKind.Replace : RevisionKind.Insert, stored, (ReadingStatus)value.StatusCode.CodeBits);
        return isThere ? StatusCodes.GoodEntryReplaced : StatusCodes.GoodEntryInserted;
    }

    public async ValueTask<StatusCode> DeleteAsync(HistorySource source, DateTime from, DateTime to, bool modified, CancellationToken cancellation)
    {
        // What was changed stays beside what is there now: it is evidence.
        if (modified) return StatusCodes.BadHistoryOperationUnsupported;
        if (from == to)
        {
            var one = (await DeleteAtAsync(source, [from], cancellation).ConfigureAwait(false))[0];
            return one == StatusCodes.BadNoEntryExists ? StatusCodes.BadNoData : one;
        }

        if (!source.Right.Editable.Contains(from)) return StatusCodes.BadUserAccessDenied;
        await _turn.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            var change = new Change(source, time.GetUtcNow().UtcDateTime);
            for (var walk = new HistoryWalk(from, to, PageSize); ;)
            {
                var page = await source.Readings.ReadAsync(source.Point, walk, cancellation).ConfigureAwait(false);
                foreach (var reading in page.Items) change.Add(reading.SourceTime, RevisionKind.Delete, default, ReadingStatus.Good);
                if (change.Count > MaxDeleted) return StatusCodes.BadTooManyOperations;
                if (page.Next is not { } next) break;
                walk = walk.Resume(next);
            }

            return change.Count == 0 ? StatusCodes.BadNoData : (await change.CommitAsync([StatusCodes.Good], cancellation).ConfigureAwait(false))[0];
        }
        finally
        {
            _turn.Release();
        }
    }

    public async ValueTask<StatusCode[]> DeleteAtAsync(HistorySource source, IReadOnlyList<DateTime> times, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            var change = new Change(source, time.GetUtcNow().UtcDateTime);
            var results = new StatusCode[times.Count];
            for (var i = 0; i < results.Length; i++)
            {
                results[i] = !change.MayEdit(times[i]) ? StatusCodes.BadUserAccessDenied
                    : await change.IsThereAsync(times[i], cancellation).ConfigureAwait(false) ? StatusCodes.Good : StatusCodes.BadNoEntryExists;
                if (results[i].IsGood) change.Add(times[i], RevisionKind.Delete, default, ReadingStatus.Good);
            }

            return await change.CommitAsync(results, cancellation).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Of one time each author has one annotation; nobody changes another's.</summary>
    public async ValueTask<StatusCode[]> AnnotateAsync(HistorySource source, PerformUpdateType kind, IReadOnlyList<NodeAnnotation> annotations, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            var now = time.GetUtcNow().UtcDateTime;
            var own = new Dictionary<DateTime, bool>();
            var added = new List<ReadingAnnotation>();
            var results = new StatusCode[annotations.Count];
            for (var i = 0; i < results.Length; i++)
            {
                var (at, annotation) = (annotations[i].Time, annotations[i].Annotation);
                results[i] = CheckAnnotation(source, kind, at, annotation, now);
                if (results[i].IsBad) continue;
                if (!own.TryGetValue(at, out var isThere)) isThere = await HasAnnotatedAsync(source, at, cancellation).ConfigureAwait(false);
                results[i] = Outcome(kind, isThere);
                if (results[i].IsBad) continue;
                if (isThere) added.Add(new ReadingAnnotation(source.Point, at, now, source.Right.Author, ""));
                if (kind != PerformUpdateType.Remove) added.Add(new ReadingAnnotation(source.Point, at, now, source.Right.Author, annotation.Message!));
                own[at] = kind != PerformUpdateType.Remove;
            }

            return await KeepAsync(results, () => added.Count == 0 ? ValueTask.CompletedTask : source.Readings.AnnotateAsync(added, cancellation)).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    private static StatusCode CheckAnnotation(HistorySource source, PerformUpdateType kind, DateTime at, Annotation? annotation, DateTime now)
    {
        if (at == default || at > now + PointStore.FutureTolerance) return StatusCodes.BadInvalidTimestamp;
        if (!source.Right.Editable.Contains(at)) return StatusCodes.BadUserAccessDenied;
        if (kind == PerformUpdateType.Remove) return StatusCodes.Good;
        return annotation?.Message is { Length: > 0 and <= MaxAnnotationLength } ? StatusCodes.Good : StatusCodes.BadOutOfRange;
    }

    private static StatusCode Outcome(PerformUpdateType kind, bool isThere) => kind switch
    {
        PerformUpdateType.Insert => isThere ? StatusCodes.BadEntryExists : StatusCodes.GoodEntryInserted,
        PerformUpdateType.Replace => isThere ? StatusCodes.GoodEntryReplaced : StatusCodes.BadNoEntryExists,
        PerformUpdateType.Update => isThere ? StatusCodes.GoodEntryReplaced : StatusCodes.GoodEntryInserted,
        PerformUpdateType.Remove => isThere ? StatusCodes.Good : StatusCodes.BadNoEntryExists,
        _ => StatusCodes.BadHistoryOperationInvalid,
    };

    private static async ValueTask<bool> HasAnnotatedAsync(HistorySource source, DateTime at, CancellationToken cancellation)
    {
        for (var walk = At(at); ;)
        {
            var page = await source.Readings.ReadAnnotationsAsync(source.Point, walk, cancellation).ConfigureAwait(false);
            foreach (var annotation in page.Items)
                if (annotation.Author == source.Right.Author) return true;
            if (page.Next is not { } next) return false;
            walk = walk.Resume(next);
        }
    }

    /// <summary>The best value of a time; null: there is none.</summary>
    public static async ValueTask<HistoricReading?> FindAsync(HistorySource source, DateTime at, CancellationToken cancellation)
    {
        for (var walk = At(at); ;)
        {
            var page = await source.Readings.ReadAsync(source.Point, walk, cancellation).ConfigureAwait(false);
            if (page.Items.Count > 0) return page.Items[0];
            if (page.Next is not { } next) return null;
            walk = walk.Resume(next);
        }
    }

    private static HistoryWalk At(DateTime at) => new(at, at.AddTicks(1), PageSize);

    // What could not be kept did not happen: none of it.
    private static async ValueTask<StatusCode[]> KeepAsync(StatusCode[] results, Func<ValueTask> keep)
    {
        try
        {
            await keep().ConfigureAwait(false);
        }
        catch (StorageException)
        {
            for (var i = 0; i < results.Length; i++)
                if (results[i].IsGood) results[i] = StatusCodes.BadResourceUnavailable;
        }

        return results;
    }

    public void Dispose() => _turn.Dispose();

    /// <summary>Revisions in the making.</summary>
    private sealed class Change(HistorySource source, DateTime now)
    {
        private readonly List<ReadingRevision> _revisions = [];

        // What this change itself has made of a time.
        private readonly Dictionary<DateTime, bool> _isThere = [];

        public HistorySource Source => source;
        public DateTime Now => now;
        public int Count => _revisions.Count;

        public bool MayEdit(DateTime at) => source.Right.Editable.Contains(at);

        public async ValueTask<bool> IsThereAsync(DateTime at, CancellationToken cancellation) =>
            _isThere.TryGetValue(at, out var isThere) ? isThere : await FindAsync(source, at, cancellation).ConfigureAwait(false) is not null;

        public void Add(DateTime at, RevisionKind kind, PointValue value, ReadingStatus status)
        {
            var meaning = kind switch { RevisionKind.Insert => QualityCodes.Added, RevisionKind.Delete => QualityCodes.Rejected, _ => QualityCodes.Edited };
            var code = new QualityCode(QualityOrigin.MeterDataManagement, meaning.Category, meaning.Index);
            // Part 5 6.4.2: ClientAuditEntryId is the client's own record of why.
            var reason = source.Grant.Who?.ClientAuditEntryId ?? "";
            if (reason.Length > MaxAnnotationLength) reason = reason[..MaxAnnotationLength];
            _revisions.Add(new ReadingRevision(source.Point, at, kind, now, new QualityNote(code, source.Right.Author, reason, source.Right.Responsible)) { Value = value, Status = status });
            _isThere[at] = kind != RevisionKind.Delete;
        }

        public ValueTask<StatusCode[]> CommitAsync(StatusCode[] results, CancellationToken cancellation) =>
            KeepAsync(results, () => _revisions.Count == 0 ? ValueTask.CompletedTask : source.Readings.ReviseAsync(_revisions, cancellation));
    }
}
