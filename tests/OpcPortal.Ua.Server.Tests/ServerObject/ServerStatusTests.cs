namespace OpcPortal.Ua.Server.Tests;

/// <summary>Part 5 12.10 (ServerStatusDataType), Part 4 6.6.2.4.2 (ServiceLevel).</summary>
public sealed class ServerStatusTests : IDisposable
{
    private readonly LiveServerObject _live = new();

    public void Dispose() => _live.Dispose();

    [Fact]
    public void The_structure_and_its_parts_say_the_same()
    {
        _live.Time.Advance(TimeSpan.FromSeconds(90));
        _live.Server.Status.ShutDown(TimeSpan.FromSeconds(30), "maintenance");
        var status = Status();
        Assert.Equal(status.StartTime, _live.Value(VariableIds.Server_ServerStatus_StartTime));
        Assert.Equal(status.CurrentTime, _live.Value(VariableIds.Server_ServerStatus_CurrentTime));
        Assert.Equal(Variant.FromEnum(status.State), _live.Value(VariableIds.Server_ServerStatus_State));
        Assert.Equal(Variant.From(status.BuildInfo), _live.Value(VariableIds.Server_ServerStatus_BuildInfo));
        Assert.Equal(status.SecondsTillShutdown, _live.Value(VariableIds.Server_ServerStatus_SecondsTillShutdown));
        Assert.Equal(status.ShutdownReason, _live.Value(VariableIds.Server_ServerStatus_ShutdownReason));
        Assert.Equal(status.BuildInfo.ProductUri, _live.Value(VariableIds.Server_ServerStatus_BuildInfo_ProductUri));
        Assert.Equal(status.BuildInfo.ManufacturerName, _live.Value(VariableIds.Server_ServerStatus_BuildInfo_ManufacturerName));
        Assert.Equal(status.BuildInfo.ProductName, _live.Value(VariableIds.Server_ServerStatus_BuildInfo_ProductName));
        Assert.Equal(status.BuildInfo.SoftwareVersion, _live.Value(VariableIds.Server_ServerStatus_BuildInfo_SoftwareVersion));
        Assert.Equal(status.BuildInfo.BuildNumber, _live.Value(VariableIds.Server_ServerStatus_BuildInfo_BuildNumber));
        Assert.Equal(status.BuildInfo.BuildDate, _live.Value(VariableIds.Server_ServerStatus_BuildInfo_BuildDate));
    }

    [Fact]
    public void CurrentTime_runs_and_StartTime_stays()
    {
        var before = Status();
        _live.Time.Advance(TimeSpan.FromSeconds(5));
        var after = Status();
        Assert.Equal(TimeSpan.FromSeconds(5), after.CurrentTime - before.CurrentTime);
        Assert.Equal(before.StartTime, after.StartTime);
        Assert.Equal(ServerState.Running, after.State);
        Assert.Equal((byte)255, _live.Value(VariableIds.Server_ServiceLevel));
    }

    [Fact]
    public void A_server_that_cannot_do_all_says_so_by_its_service_level_while_it_runs()
    {
        _live.Server.Status.IsDegraded = true;
        Assert.InRange(_live.Value(VariableIds.Server_ServiceLevel).AsByte(), 2, 199);
        Assert.Equal(ServerState.Running, Status().State);
        _live.Server.Status.IsDegraded = false;
        Assert.Equal((byte)255, _live.Value(VariableIds.Server_ServiceLevel));
    }

    [Fact]
    public void A_shutdown_counts_down_with_its_reason_and_takes_the_service_level_away()
    {
        _live.Server.Status.ShutDown(TimeSpan.FromSeconds(30), "maintenance");
        Assert.Equal((ServerState.Shutdown, 30u, "maintenance"), Shown());
        _live.Time.Advance(TimeSpan.FromSeconds(10.5));
        Assert.Equal((ServerState.Shutdown, 20u, "maintenance"), Shown());
        _live.Time.Advance(TimeSpan.FromHours(1));
        Assert.Equal((ServerState.Shutdown, 0u, "maintenance"), Shown());
        Assert.Equal((byte)0, _live.Value(VariableIds.Server_ServiceLevel));

        (ServerState, uint, string?) Shown() => (Status().State, Status().SecondsTillShutdown, Status().ShutdownReason.Text);
    }

    [Fact]
    public void Until_it_is_ready_it_does_not_say_that_it_runs()
    {
        var model = new ServerModel(StandardSpace.ApplicationUri, []);
        var server = new ServerObject(model, _live.Options, new ServerFacts(), _live.Time);
        Assert.NotEqual(ServerState.Running, server.Status.State);
        server.Status.Run();
        Assert.Equal(ServerState.Running, server.Status.State);
    }

    private ServerStatusDataType Status() => _live.Value(VariableIds.Server_ServerStatus).AsStructure<ServerStatusDataType>()!;
}
