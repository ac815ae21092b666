namespace Interop.NodeOpcuaClient;

/// <summary>The portal server with its demonstration's devices, driven by node-opcua's client.</summary>
public sealed class NodeOpcuaDemoTests(DemoUnderTest demo) : IClassFixture<DemoUnderTest>
{
    [Theory]
    [InlineData("operator")]
    [InlineData("viewer")]
    [InlineData("security")]
    public async Task Every_node_that_a_user_may_see_is_browsed_both_ways_and_every_attribute_of_it_read(string user)
    {
        NodeScripts.Require();
        await NodeScripts.RunAsync("walk.mjs", demo.ArgumentsFor(user), least: 19);
    }

    // Who may see everything: what is hidden from others counts as there.
    [Fact]
    public async Task Devices_have_what_their_types_make_mandatory()
    {
        NodeScripts.Require();
        await NodeScripts.RunAsync("model.mjs", demo.ArgumentsFor("security"), least: 7);
    }

    [Fact]
    public async Task Set_points_and_switches_reach_simulated_devices_and_are_seen_to_come_back_by_those_who_may()
    {
        NodeScripts.Require();
        await NodeScripts.RunAsync("demo.mjs", demo.ArgumentsFor("operator"), least: 12);
    }

    [Fact]
    public async Task The_history_of_a_point_is_walked_calculated_and_changed()
    {
        NodeScripts.Require();
        await NodeScripts.RunAsync("history.mjs", await demo.ArgumentsForHistoryAsync(), least: 14);
    }

    // One of each way to a right: ownership, custody, premises, operation, agreement, mandate, none.
    [Fact]
    public async Task A_sample_of_parties_gets_exactly_its_cells_of_the_matrix()
    {
        NodeScripts.Require();
        await NodeScripts.RunAsync("matrix.mjs", demo.ArgumentsForMatrix(["river-power", "ann", "harbour-trading", "valley-telecom", "flexpool", "voltwell", "puc", "nist", "fbi"]), least: 9 * 28);
    }
}
