namespace OpcPortal.Ua.Server;

/// <summary>ServerStatus and ServiceLevel: how the server is, as clients poll it. Part 5 6.3.1, 7.6, 12.10. Thread-safe.</summary>
public sealed class ServerStatusNodes
{
    // Part 4 6.6.2.4.2: 200 to 255 is healthy, 0 is maintenance: clients go elsewhere and may not rely on the values.
    private const byte Healthy = 255;
    private const byte Maintenance = 0;
    private const byte Degraded = 199;

    private readonly StaticNodes _nodes;
    private readonly TimeProvider _time;
    private readonly BuildInfo _build;
    private Phase _phase;

    internal ServerStatusNodes(StaticNodes nodes, BuildInfo build, TimeProvider time)
    {
        _nodes = nodes;
        _time = time;
        _build = build;
        // Until Run, nobody should rely on it.
        _phase = new Phase(ServerState.Suspended, Now, default, default);
        BindStatus();
        ShowBuild();
    }

    /// <summary>The state as ServerStatus shows it.</summary>
    public ServerState State => Volatile.Read(ref _phase).State;

    private DateTime Now => _time.GetUtcNow().UtcDateTime;

    /// <summary>A part of what the server does it cannot do now: ServiceLevel says so, and clients of a redundant set prefer another. Part 4 6.6.2.4.2.</summary>
    public bool IsDegraded { get; set; }

    /// <summary>The server is ready: State becomes Running and StartTime now.</summary>
    public void Run() => Enter(new Phase(ServerState.Running, Now, default, default));

    /// <summary>The server is about to stop: clients see the state, the seconds left and the reason.</summary>
    public void ShutDown(TimeSpan remaining, LocalizedText reason) =>
        Enter(new Phase(ServerState.Shutdown, Volatile.Read(ref _phase).StartTime, Now + remaining, reason));

    private void Enter(Phase phase) => Volatile.Write(ref _phase, phase);

    private ServerStatusDataType Status()
    {
        var phase = Volatile.Read(ref _phase);
        var now = Now;
        return new ServerStatusDataType
        {
            StartTime = phase.StartTime,
            CurrentTime = now,
            State = phase.State,
            BuildInfo = _build,
            SecondsTillShutdown = phase.SecondsLeft(now),
            ShutdownReason = phase.Reason,
        };
    }

    private void BindStatus()
    {
        Bind(VariableIds.Server_ServerStatus, () => Variant.From(Status()));
        Bind(VariableIds.Server_ServerStatus_StartTime, () => Volatile.Read(ref _phase).StartTime);
        Bind(VariableIds.Server_ServerStatus_CurrentTime, () => Now);
        Bind(VariableIds.Server_ServerStatus_State, () => Variant.FromEnum(State));
        Bind(VariableIds.Server_ServerStatus_SecondsTillShutdown, () => Volatile.Read(ref _phase).SecondsLeft(Now));
        Bind(VariableIds.Server_ServerStatus_ShutdownReason, () => Volatile.Read(ref _phase).Reason);
        Bind(VariableIds.Server_ServiceLevel, () => State != ServerState.Running ? Maintenance : IsDegraded ? Degraded : Healthy);
    }

    private void Bind(uint nodeId, Func<Variant> read) => _nodes.BindValue(nodeId, () => new DataValue(read(), StatusCodes.Good, Now));

    private void ShowBuild()
    {
        Show(VariableIds.Server_ServerStatus_BuildInfo, Variant.From(_build));
        Show(VariableIds.Server_ServerStatus_BuildInfo_ProductUri, _build.ProductUri);
        Show(VariableIds.Server_ServerStatus_BuildInfo_ManufacturerName, _build.ManufacturerName);
        Show(VariableIds.Server_ServerStatus_BuildInfo_ProductName, _build.ProductName);
        Show(VariableIds.Server_ServerStatus_BuildInfo_SoftwareVersion, _build.SoftwareVersion);
        Show(VariableIds.Server_ServerStatus_BuildInfo_BuildNumber, _build.BuildNumber);
        Show(VariableIds.Server_ServerStatus_BuildInfo_BuildDate, _build.BuildDate);
    }

    private void Show(uint nodeId, Variant value) => _nodes.SetValue(nodeId, new DataValue(value, StatusCodes.Good, Now));

    private sealed record Phase(ServerState State, DateTime StartTime, DateTime StopsAt, LocalizedText Reason)
    {
        public uint SecondsLeft(DateTime now) => State == ServerState.Shutdown && StopsAt > now ? (uint)Math.Ceiling((StopsAt - now).TotalSeconds) : 0;
    }
}
