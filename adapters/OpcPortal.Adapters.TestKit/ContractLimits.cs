namespace OpcPortal.Adapters.TestKit;

/// <summary>How long the contract's tests wait. They wait for events: the figures matter only where an adapter fails.</summary>
public static class ContractLimits
{
    /// <summary>Until an expected reading counts as missing: generous, for machines under load.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>Within which a cancelled adapter must have ended, whatever it was waiting for.</summary>
    public static readonly TimeSpan Stop = TimeSpan.FromSeconds(5);
}
