namespace OpcPortal.Ua.Server.Tests.Conditions;

/// <summary>How conditions change: Part 9 table B.1 and the result codes of 5.5.4 to 5.5.6, 5.7.3, 5.7.4 and 5.8.17.</summary>
public sealed class ConditionStateTests
{
    private static readonly DateTime Start = new(2026, 11, 25, 8, 0, 0, DateTimeKind.Utc);
    private static readonly ByteString First = new([1]);
    private static readonly ByteString Second = new([2]);

    private static ConditionCause Cause(ushort severity = 500) => new(Start, "Cover opened", severity);

    private static ConditionRemark Remark(ByteString eventId, LocalizedText comment = default) => new(eventId, comment, "ann", Start.AddMinutes(1));

    private static ConditionState Active() => new ConditionState().Activate(Cause()).Told(First);

    private static (bool Active, bool Acked, bool Confirmed, bool Retain) Of(ConditionState state) => (state.IsActive, state.IsAcked, state.IsConfirmed, state.IsRetained);

    // Part 9 B.1.2, table B.1: active, acknowledged, inactive, confirmed.
    [Fact]
    public void A_single_state_follows_table_B_1()
    {
        var state = Active();
        Assert.Equal((true, false, true, true), Of(state));
        Assert.True(state.TryAcknowledge(Remark(First), isConfirmable: true, out state).IsGood);
        Assert.Equal((true, true, false, true), Of(state));
        state = state.Deactivate(Cause()).Told(Second);
        Assert.Equal((false, true, false, true), Of(state));
        Assert.True(state.TryConfirm(Remark(Second), out state).IsGood);
        Assert.Equal((false, true, true, false), Of(state));
    }

    [Fact]
    public void What_is_inactive_and_not_acknowledged_is_retained_until_it_is()
    {
        var state = Active().Deactivate(Cause()).Told(Second);
        Assert.True(state.IsRetained);
        Assert.True(state.TryAcknowledge(Remark(Second), isConfirmable: false, out state).IsGood);
        Assert.Equal((false, true, true, false), Of(state));
        Assert.False(state.IsNoteworthy);
    }

    [Fact]
    public void Only_an_event_of_this_time_can_be_acknowledged_and_only_once()
    {
        var state = Active();
        Assert.Equal(StatusCodes.BadEventIdUnknown, state.TryAcknowledge(Remark(Second), false, out _).Code);
        Assert.True(state.TryAcknowledge(Remark(First), false, out state).IsGood);
        Assert.Equal(StatusCodes.BadConditionBranchAlreadyAcked, state.TryAcknowledge(Remark(First), false, out _).Code);
        Assert.Equal(StatusCodes.BadConditionBranchAlreadyConfirmed, state.TryConfirm(Remark(First), out _).Code);
        // It goes and comes again: who looks at the old event has not seen the new one.
        state = state.Deactivate(Cause()).Activate(Cause()).Told(Second);
        Assert.Equal(StatusCodes.BadEventIdUnknown, state.TryAcknowledge(Remark(First), false, out _).Code);
        Assert.True(state.TryAcknowledge(Remark(Second), false, out _).IsGood);
    }

    [Theory]
    [InlineData(499, true)]
    [InlineData(500, true)]
    [InlineData(501, false)]
    public void What_becomes_worse_is_to_be_acknowledged_anew(ushort severity, bool isAcked)
    {
        Active().TryAcknowledge(Remark(First), false, out var state);
        state = state.Activate(Cause(severity));
        Assert.Equal((isAcked, severity, (ushort)500), (state.IsAcked, state.Severity, severity == 500 ? state.Severity : state.LastSeverity));
    }

    [Fact]
    public void The_same_again_changes_nothing()
    {
        var state = Active();
        Assert.Same(state, state.Activate(Cause() with { Time = Start.AddHours(1) }));
        var inactive = new ConditionState();
        Assert.Same(inactive, inactive.Deactivate(Cause()));
    }

    // Part 9 5.5.6.
    [Fact]
    public void A_null_comment_leaves_what_is_there_and_an_empty_one_with_a_locale_takes_it_away()
    {
        Assert.True(Active().TryComment(Remark(First, new LocalizedText("Sent a crew", "en")), out var state).IsGood);
        Assert.Equal(("Sent a crew", "ann"), (state.Comment.Text, state.ClientUserId));
        state.TryComment(Remark(First), out var kept);
        Assert.Equal("Sent a crew", kept.Comment.Text);
        state.TryComment(Remark(First, new LocalizedText("", "en")), out var emptied);
        Assert.Equal("", emptied.Comment.Text);
    }

    [Fact]
    public void A_disabled_condition_takes_nothing_but_Enable()
    {
        Assert.Equal(StatusCodes.BadConditionAlreadyEnabled, Active().TryEnable(true, Start, out _).Code);
        Assert.True(Active().TryEnable(false, Start, out var state).IsGood);
        Assert.False(state.IsRetained);
        Assert.True(state.IsNoteworthy);
        Assert.Equal(StatusCodes.BadConditionDisabled, state.TryAcknowledge(Remark(First), false, out _).Code);
        Assert.Equal(StatusCodes.BadConditionDisabled, state.TryConfirm(Remark(First), out _).Code);
        Assert.Equal(StatusCodes.BadConditionDisabled, state.TryComment(Remark(First), out _).Code);
        Assert.Equal(StatusCodes.BadConditionDisabled, state.TryShelve(ConditionShelving.Timed, Start, Start, out _).Code);
        Assert.Equal(StatusCodes.BadConditionDisabled, state.TryUnshelve(Start, out _).Code);
        Assert.Equal(StatusCodes.BadConditionAlreadyDisabled, state.TryEnable(false, Start, out _).Code);
        Assert.True(state.TryEnable(true, Start, out state).IsGood);
        Assert.True(state.IsRetained);
    }

    // Part 9 5.8.17, figure of ShelvedStateMachineType: from each state to the two others.
    [Fact]
    public void Shelving_goes_from_each_state_to_the_others_and_not_to_itself()
    {
        var state = Active();
        Assert.Equal(StatusCodes.BadConditionNotShelved, state.TryUnshelve(Start, out _).Code);
        Assert.True(state.TryShelve(ConditionShelving.Timed, Start.AddHours(1), Start, out state).IsGood);
        Assert.Equal(StatusCodes.BadConditionAlreadyShelved, state.TryShelve(ConditionShelving.Timed, Start.AddHours(2), Start, out _).Code);
        Assert.True(state.TryShelve(ConditionShelving.OneShot, Start.AddDays(1), Start, out state).IsGood);
        Assert.Equal(StatusCodes.BadConditionAlreadyShelved, state.TryShelve(ConditionShelving.OneShot, Start, Start, out _).Code);
        Assert.True(state.TryShelve(ConditionShelving.Timed, Start.AddHours(1), Start, out state).IsGood);
        Assert.True(state.TryUnshelve(Start, out state).IsGood);
        Assert.Equal(ConditionShelving.Unshelved, state.Shelving);
    }

    [Fact]
    public void One_shot_ends_with_the_alarm_and_a_time_does_not()
    {
        Active().TryShelve(ConditionShelving.OneShot, Start.AddDays(1), Start, out var once);
        Active().TryShelve(ConditionShelving.Timed, Start.AddDays(1), Start, out var timed);
        Assert.Equal((ConditionShelving.Unshelved, ConditionShelving.Timed), (once.Deactivate(Cause()).Shelving, timed.Deactivate(Cause()).Shelving));
    }
}
