namespace OpcPortal.Ua.Server;

/// <summary>
/// A change of roles takes two people: the first one's wish is remembered, and done when somebody else wishes the same within a time. Thread-safe.
/// </summary>
public sealed class TwoPersonApproval(TimeProvider time) : IRoleChangeApproval
{
    /// <summary>Wishes remembered: beyond it the oldest is forgotten. An administrator has a handful open.</summary>
    public const int MaxWishes = 1_000;

    /// <summary>How long a wish waits. Default one day: colleagues work in shifts.</summary>
    public TimeSpan Lifetime { get; init; } = TimeSpan.FromDays(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<RoleChange, (UserIdentity By, DateTimeOffset At)> _wishes = [];

    public ValueTask<RoleChangeVerdict> AskAsync(AccessContext who, RoleChange change, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(who);
        // Two who are nobody in particular may be one.
        if (who.Identity.TokenType == UserTokenType.Anonymous) return ValueTask.FromResult(RoleChangeVerdict.Refused);
        var now = time.GetUtcNow();
        lock (_gate)
        {
            if (_wishes.TryGetValue(change, out var wish) && now - wish.At < Lifetime)
            {
                if (wish.By.IsSameUser(who.Identity)) return ValueTask.FromResult(RoleChangeVerdict.AwaitsSecond);
                _wishes.Remove(change);
                return ValueTask.FromResult(RoleChangeVerdict.Allowed);
            }

            _wishes.Remove(change);
            if (_wishes.Count >= MaxWishes) _wishes.Remove(_wishes.MinBy(static w => w.Value.At).Key);
            _wishes[change] = (who.Identity, now);
            return ValueTask.FromResult(RoleChangeVerdict.AwaitsSecond);
        }
    }
}
