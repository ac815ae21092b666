namespace OpcPortal.Ua.Server;

/// <summary>How many references one request may still follow: what a filter or an access check passes over costs as much as what is given. Attack class 8.</summary>
public sealed class ReferenceBudget(int references)
{
    private int _left = references;

    public bool IsSpent => _left < 0;

    /// <returns>False once nothing is left.</returns>
    public bool TryTake() => --_left >= 0 || KeepSpent();

    // It stays spent however often it is asked.
    private bool KeepSpent()
    {
        _left = -1;
        return false;
    }
}
