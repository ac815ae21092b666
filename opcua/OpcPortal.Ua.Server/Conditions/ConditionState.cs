namespace OpcPortal.Ua.Server;

/// <summary>
/// The state of a condition, and how it changes: pure. Each change is a new state, or a status that refuses it. Part 9 5.5 to 5.8; its table B.1 is the oracle of the tests.
/// </summary>
public sealed record ConditionState
{
    // Of one unacknowledged time of a condition: events before these were told too long ago to be what anybody looks at.
    private const int MaxEventIds = 8;

    public bool IsEnabled { get; init; } = true;
    public bool IsActive { get; init; }
    public bool IsAcked { get; init; } = true;
    public bool IsConfirmed { get; init; } = true;

    /// <summary>Kept back by the server itself. Part 9 5.8.2 (SuppressedState).</summary>
    public bool IsSuppressed { get; init; }

    public ConditionShelving Shelving { get; init; }

    /// <summary>When it is unshelved at the latest, UTC.</summary>
    public DateTime ShelvedUntil { get; init; }

    /// <summary>When it last became active, UTC.</summary>
    public DateTime ActiveSince { get; init; }

    public ushort Severity { get; init; } = 1;
    public ushort LastSeverity { get; init; } = 1;
    public DateTime SeverityTime { get; init; }
    public StatusCode Quality { get; init; }
    public DateTime QualityTime { get; init; }
    public LocalizedText Message { get; init; }
    public LocalizedText Comment { get; init; }
    public DateTime CommentTime { get; init; }

    /// <summary>Who commented, acknowledged or confirmed last; null: nobody yet.</summary>
    public string? ClientUserId { get; init; }

    /// <summary>When the state became what it is, UTC.</summary>
    public DateTime Time { get; init; }

    /// <summary>The events by which it can be acknowledged, the newest last.</summary>
    public IReadOnlyList<ByteString> EventIds { get; init; } = [];

    /// <summary>Whether it is of interest to who comes later. Part 9 5.5.2 (Retain).</summary>
    public bool IsRetained => IsEnabled && (IsActive || !IsAcked || !IsConfirmed);

    /// <summary>Whether anything is to be remembered of it.</summary>
    public bool IsNoteworthy => IsRetained || !IsEnabled || Shelving != ConditionShelving.Unshelved;

    /// <summary>It is so now. What becomes active anew, or worse, is to be acknowledged anew.</summary>
    public ConditionState Activate(in ConditionCause cause)
    {
        var isNews = !IsActive || cause.Severity > Severity;
        if (!isNews && cause.Severity == Severity && cause.Message == Message && cause.Quality == Quality) return this;
        return With(cause) with
        {
            IsActive = true,
            ActiveSince = IsActive ? ActiveSince : cause.Time,
            IsAcked = IsAcked && !isNews,
            IsConfirmed = isNews || IsConfirmed,
            // Who acknowledges what was before does not acknowledge this.
            EventIds = isNews ? [] : EventIds,
        };
    }

    /// <summary>It is no longer so. What was shelved for once is unshelved. Part 9 5.8.17.2.</summary>
    public ConditionState Deactivate(in ConditionCause cause)
    {
        if (!IsActive) return this;
        var state = With(cause) with { IsActive = false, IsSuppressed = false };
        return Shelving == ConditionShelving.OneShot ? state with { Shelving = ConditionShelving.Unshelved, ShelvedUntil = default } : state;
    }

    /// <summary>Part 9 5.7.3 (Acknowledge); what is to be confirmed is so from now on, as in table B.1.</summary>
    /// <returns>BadConditionDisabled, BadEventIdUnknown, BadConditionBranchAlreadyAcked.</returns>
    public StatusCode TryAcknowledge(in ConditionRemark remark, bool isConfirmable, out ConditionState next)
    {
        next = this;
        if (CheckEvent(remark.EventId) is { IsBad: true } refused) return refused;
        if (IsAcked) return StatusCodes.BadConditionBranchAlreadyAcked;
        next = With(remark) with { IsAcked = true, IsConfirmed = !isConfirmable };
        return StatusCodes.Good;
    }

    /// <summary>Part 9 5.7.4 (Confirm).</summary>
    /// <returns>BadConditionDisabled, BadEventIdUnknown, BadConditionBranchAlreadyConfirmed.</returns>
    public StatusCode TryConfirm(in ConditionRemark remark, out ConditionState next)
    {
        next = this;
        if (CheckEvent(remark.EventId) is { IsBad: true } refused) return refused;
        if (IsConfirmed) return StatusCodes.BadConditionBranchAlreadyConfirmed;
        next = With(remark) with { IsConfirmed = true };
        return StatusCodes.Good;
    }

    /// <summary>Part 9 5.5.6 (AddComment).</summary>
    /// <returns>BadConditionDisabled, BadEventIdUnknown.</returns>
    public StatusCode TryComment(in ConditionRemark remark, out ConditionState next)
    {
        next = this;
        if (CheckEvent(remark.EventId) is { IsBad: true } refused) return refused;
        next = With(remark);
        return StatusCodes.Good;
    }

    /// <summary>Part 9 5.5.4 (Disable), 5.5.5 (Enable).</summary>
    /// <returns>BadConditionAlreadyEnabled, BadConditionAlreadyDisabled.</returns>
    public StatusCode TryEnable(bool enable, DateTime now, out ConditionState next)
    {
        next = this;
        if (enable == IsEnabled) return enable ? StatusCodes.BadConditionAlreadyEnabled : StatusCodes.BadConditionAlreadyDisabled;
        next = this with { IsEnabled = enable, Time = now, EventIds = [] };
        return StatusCodes.Good;
    }

    /// <summary>Part 9 5.8.17.4 (TimedShelve), 5.8.17.6 (OneShotShelve).</summary>
    /// <returns>BadConditionDisabled; BadConditionAlreadyShelved where it is shelved in that way.</returns>
    public StatusCode TryShelve(ConditionShelving how, DateTime until, DateTime now, out ConditionState next)
    {
        next = this;
        if (!IsEnabled) return StatusCodes.BadConditionDisabled;
        if (how == Shelving) return StatusCodes.BadConditionAlreadyShelved;
        next = this with { Shelving = how, ShelvedUntil = until, Time = now };
        return StatusCodes.Good;
    }

    /// <summary>Part 9 5.8.17.8 (Unshelve).</summary>
    /// <returns>BadConditionDisabled, BadConditionNotShelved.</returns>
    public StatusCode TryUnshelve(DateTime now, out ConditionState next)
    {
        next = this;
        if (!IsEnabled) return StatusCodes.BadConditionDisabled;
        if (Shelving == ConditionShelving.Unshelved) return StatusCodes.BadConditionNotShelved;
        next = this with { Shelving = ConditionShelving.Unshelved, ShelvedUntil = default, Time = now };
        return StatusCodes.Good;
    }

    /// <summary>The server keeps it back, or no longer does.</summary>
    public ConditionState Suppress(bool suppress, DateTime now) => suppress == IsSuppressed ? this : this with { IsSuppressed = suppress, Time = now };

    /// <summary>An event told of the state.</summary>
    public ConditionState Told(ByteString eventId) => this with { EventIds = [.. EventIds.Skip(EventIds.Count - MaxEventIds + 1), eventId] };

    private StatusCode CheckEvent(ByteString eventId)
    {
        if (!IsEnabled) return StatusCodes.BadConditionDisabled;
        return EventIds.Contains(eventId) ? StatusCodes.Good : StatusCodes.BadEventIdUnknown;
    }

    private ConditionState With(in ConditionCause cause) => this with
    {
        Time = cause.Time,
        Message = cause.Message,
        LastSeverity = Severity,
        Severity = cause.Severity,
        SeverityTime = cause.Time,
        Quality = cause.Quality,
        QualityTime = cause.Time,
    };

    // Part 9 5.5.6: a null comment leaves what is there; an empty one with a locale takes it away.
    private ConditionState With(in ConditionRemark remark) => this with
    {
        Time = remark.Time,
        ClientUserId = remark.User,
        Comment = remark.IsSilent ? Comment : remark.Comment,
        CommentTime = remark.IsSilent ? CommentTime : remark.Time,
    };
}

/// <summary>What a client says of a condition.</summary>
/// <param name="EventId">Of the event that it looks at.</param>
public readonly record struct ConditionRemark(ByteString EventId, LocalizedText Comment, string? User, DateTime Time)
{
    internal bool IsSilent => string.IsNullOrEmpty(Comment.Text) && string.IsNullOrEmpty(Comment.Locale);
}
