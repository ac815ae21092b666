using OpcPortal.Ua;

namespace OpcPortal.Server;

/// <summary>An act of a manager is refused. The message says why, for people.</summary>
internal sealed class AdministrationException(StatusCode status, string message) : Exception(message)
{
    public StatusCode Status { get; } = status;
}

/// <summary>A manager who acts.</summary>
/// <param name="Individual">The id of the individual.</param>
internal readonly record struct Manager(string Individual, Models.ManagerPower Power);
