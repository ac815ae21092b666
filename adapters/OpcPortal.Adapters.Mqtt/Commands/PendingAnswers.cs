using OpcPortal.Models;

namespace OpcPortal.Adapters.Mqtt;

/// <summary>Commands that wait for a device: for an answer with their id, for the next answer, or for a point to show what was asked for. Thread-safe.</summary>
/// <param name="unawaited">Is told of answers that nobody waits for any more; null: nobody wants to know.</param>
internal sealed class PendingAnswers(ICommandAnswers? unawaited = null)
{
    /// <summary>Commands that may wait at once: a broadcast to a thousand devices is sent in portions.</summary>
    public const int MaxPending = 1024;

    private readonly Lock _lock = new();
    private readonly List<Answer> _answers = [];
    private readonly GivenAnswers _given = new();

    /// <summary>Nobody waits: the loop over values need not ask.</summary>
    public bool IsEmpty
    {
        get
        {
            lock (_lock) return _answers.Count == 0;
        }
    }

    /// <summary>Waits for an answer of a command.</summary>
    /// <param name="device">The device's number in the fleet.</param>
    /// <param name="id">The id that the answer repeats; null: the next one answers.</param>
    /// <returns>Null where too many wait, or where the answer could not be told from another command's.</returns>
    public Answer? ForResponse(InvokeMapping command, int device, string? id)
    {
        lock (_lock)
        {
            if (_answers.Exists(other => other.Command == command && other.Id == id)) return null;
            return Add(new Answer(this) { Command = command, Device = device, Id = id });
        }
    }

    /// <summary>How a device answered a command of an id that was sent before, when it said that it did it; null: it did not say so.</summary>
    public CommandOutcome? Find(InvokeMapping command, string id)
    {
        lock (_lock)
        {
            if (_given.Find(command, id) is not { Status: ReadingStatus.Good } given) return null;
            return given.WasLate
                ? new CommandOutcome(CommandResult.Late, ReadingStatus.GoodCompletesAsynchronously, default, "the device answered the command of this id when its time was over")
                : new CommandOutcome(CommandResult.Duplicate, ReadingStatus.Good, default, "the device has carried out the command of this id already");
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
    /// <param name="isRedelivered">The broker may have sent it before (MQTT 5.0 3.3.1.1): that is not the device's doing.</param>
    public void Complete(InvokeMapping command, string? id, ReadingStatus status, bool isRedelivered = false)
    {
        (int Device, CommandResult Result) unasked;
        lock (_lock)
        {
            if (_answers.Find(answer => ReferenceEquals(answer.Command, command) && answer.Id == id) is { } awaited)
            {
                if (awaited.TryAnswer(status)) return;
                unasked = (awaited.Device, awaited.Said is null ? CommandResult.Late : CommandResult.Duplicate);
            }
            else if (id is not null && _given.Find(command, id) is { } given)
            {
                unasked = (given.Device, given.Status is null ? CommandResult.Late : CommandResult.Duplicate);
                if (given.Status is null) (given.Status, given.WasLate) = (status, true);
            }
            else return;
        }

        // Without an id a second answer may be that of anything.
        if (id is not null && !isRedelivered) unawaited?.Tell(unasked.Device, id, new CommandOutcome(unasked.Result, status, default, ReasonOf(unasked.Result)));
    }

    private static string ReasonOf(CommandResult result) => result == CommandResult.Late ? "the device answered when the time of the command was over" : "the device answered the command again";

    /// <summary>A value came, live.</summary>
    public void Offer(RoutedValue value, PointValue heard)
    {
        lock (_lock)
        {
            foreach (var answer in _answers)
            {
                if (!ReferenceEquals(answer.Value, value)) continue;
                answer.Hear(heard);
                if (value.Source.Value.IsSame(answer.Wanted, heard)) answer.Complete(ReadingStatus.Good);
            }
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
        private PointValue _heard;

        public InvokeMapping? Command { get; init; }
        public int Device { get; init; }
        public string? Id { get; init; }
        public RoutedValue? Value { get; init; }
        public PointValue Wanted { get; init; }

        /// <summary>What the value was when it came last; None: it did not come.</summary>
        public PointValue Heard
        {
            get
            {
                lock (pending._lock) return _heard;
            }
        }

        /// <summary>It came; whoever calls holds the lock.</summary>
        public void Hear(PointValue value) => _heard = value;

        /// <summary>It went out to the device: an answer that comes after the wait is known as one.</summary>
        public bool WasSent { get; set; }

        public Task<ReadingStatus> Status => _status.Task;

        /// <summary>What the device said; null: nothing.</summary>
        public ReadingStatus? Said { get; private set; }

        /// <summary>It is over, whatever the device would say.</summary>
        public void Complete(ReadingStatus status) => _status.TrySetResult(status);

        /// <returns>False: it was over.</returns>
        public bool TryAnswer(ReadingStatus status)
        {
            if (!_status.TrySetResult(status)) return false;
            Said = status;
            return true;
        }

        public void Dispose()
        {
            lock (pending._lock)
            {
                if (!pending._answers.Remove(this) || !WasSent || Command is null || Id is null) return;
                pending._given.Add(Command, Id, Device, Said);
            }
        }
    }
}
