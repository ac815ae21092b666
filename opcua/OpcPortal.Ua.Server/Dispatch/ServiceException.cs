namespace OpcPortal.Ua.Server;

/// <summary>A service fails as a whole: the dispatcher answers with a ServiceFault of this status. Part 4 7.35.</summary>
public class ServiceException(StatusCode status, string? detail = null) : Exception(detail ?? status.ToString())
{
    public StatusCode Status { get; } = status;
}
