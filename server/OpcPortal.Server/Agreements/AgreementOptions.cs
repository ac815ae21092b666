namespace OpcPortal.Server;

/// <summary>How agreements are handled.</summary>
public sealed record AgreementOptions
{
    /// <summary>How far the time that a signer states may be from the server's: clocks of parties differ by a little, and an act is signed just before it is sent.</summary>
    public TimeSpan ActTolerance { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long before its end the parties of an agreement are told of it, each time once.</summary>
    public IReadOnlyList<TimeSpan> ExpiryNotices { get; init; } = [TimeSpan.FromDays(30), TimeSpan.FromDays(7), TimeSpan.FromDays(1)];

    /// <summary>Agreements that one party may put forward in all: each stays for ever, as evidence.</summary>
    public int MaxProposalsPerParty { get; init; } = 100_000;
}
