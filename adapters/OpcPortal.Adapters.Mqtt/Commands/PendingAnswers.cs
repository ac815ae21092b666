using OpcPortal.Models;

namespace OpcPortal.Adapters.Mqtt;

/// <summary>Commands that wait for a device: for an answer with their id, for the next answer, or for a point to show what was asked for. Thread-safe.</summary>
internal sealed class PendingAnswers
{
    /// <summary>Commands that may wait at once: a broadcast to a thousand devices is sent in portions.</summary>
    public const int MaxPending = 1024;

    private readonly Lock _lock = new();
    private readonly List<Answer> _answers = [];

    /// <summary>Nobody waits: the loop over values need not ask.</summary>
    public bool IsEmpty
    {
        get
        {
            lock (_lock) return _answers.Count == 0;
        }
    }

    /// <summary>Waits for an answer of a command.</summary>
    /// <param name="id">The id that the answer repeats; null: the next one answers.</param>
    /// <returns>Null where too many wait, or where the answer could not be told from another command's.</returns>
    public Answer? ForResponse(InvokeMapping command, string? id)
    {
        lock (_lock)
        {
            if (id is null && _answers.Exists(other => other.Command == command)) return null;
            return Add(new Answer(this) { Command = command, Id = id });
        }
    }

    /// <summary>Waits until a value is as wanted.</summary>
    /// <returns>Null where too many wait.</returns>
    public Answer? ForValue(RoutedValue value, PointValue wanted)
    {
        lock (_lock) return Add(new Answer(this) { Value = value, Wanted = wanted });
    }

    /// <summary>A device answered.</summary>
    /// <param name="id">Null where its answers repeat none.</param>
    public void Complete(InvokeMapping command, string? id, ReadingStatus status)
    {
        lock (_lock)
        {
            foreach (var answer in _answers)
                if (ReferenceEquals(answer.Command, command) && answer.Id == id) answer.Complete(status);
        }
    }

    /// <summary>A value came, live.</summary>
    public void Offer(RoutedValue value, PointValue heard)
    {
        lock (_lock)
        {
            foreach (var answer in _answers)
                if (ReferenceEquals(answer.Value, value) && value.Source.Value.IsSame(answer.Wanted, heard)) answer.Complete(ReadingStatus.Good);
        }
    }

    /// <summary>Nothing can come any more.</summary>
    public void CompleteAll(ReadingStatus status)
    {
        lock (_lock)
        {
            foreach (var answer in _answers) answer.Complete(status);
        }
    }

    private Answer? Add(Answer answer)
    {
        if (_answers.Count >= MaxPending) return null;
        _answers.Add(answer);
        return answer;
    }

    /// <summary>One wait; over when disposed.</summary>
    internal sealed class Answer(PendingAnswers pending) : IDisposable
    {
        private readonly TaskCompletionSource<ReadingStatus> _status = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public InvokeMapping? Command { get; init; }
        public string? Id { get; init; }
        public RoutedValue? Value { get; init; }
        public PointValue Wanted { get; init; }

        public Task<ReadingStatus> Status => _status.Task;

        public void Complete(ReadingStatus status) => _status.TrySetResult(status);

        public void Dispose()
        {
            lock (pending._lock) pending._answers.Remove(this);
        }
    }
}
