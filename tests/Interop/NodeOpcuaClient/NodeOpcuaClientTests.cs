namespace Interop.NodeOpcuaClient;

/// <summary>Our server, driven by node-opcua's client: one test a script, each item of which must be ok.</summary>
public sealed class NodeOpcuaClientTests(ServersUnderTest servers) : IClassFixture<ServersUnderTest>
{
    [Fact]
    public async Task Every_policy_mode_and_token_of_an_open_server_connects()
    {
        NodeScripts.Require();
        // 7 endpoints, 3 tokens each, and discovery.
        await NodeScripts.RunAsync("endpoints.mjs", servers.ArgumentsFor(servers.Open, isOpen: true), least: 25);
    }

    [Fact]
    public async Task A_server_that_was_not_configured_otherwise_offers_protected_endpoints_to_known_users_alone()
    {
        NodeScripts.Require();
        await NodeScripts.RunAsync("endpoints.mjs", servers.ArgumentsFor(servers.Closed, isOpen: false), least: 20);
    }

    [Fact]
    public async Task Every_node_is_browsed_both_ways_and_every_attribute_of_it_read()
    {
        NodeScripts.Require();
        await NodeScripts.RunAsync("walk.mjs", servers.ArgumentsFor(servers.Open, isOpen: true), least: 19);
    }

    [Fact]
    public async Task Definitions_agree_with_the_nodes_and_instances_with_their_types()
    {
        NodeScripts.Require();
        await NodeScripts.RunAsync("model.mjs", servers.ArgumentsFor(servers.Open, isOpen: true), least: 7);
    }

    [Fact]
    public async Task Values_of_every_type_are_read_and_written_methods_called_and_every_refusal_is_the_standards()
    {
        NodeScripts.Require();
        await NodeScripts.RunAsync("services.mjs", servers.ArgumentsFor(servers.Open, isOpen: true), least: 85);
    }

    [Fact]
    public async Task Subscriptions_bring_data_and_events_as_the_standard_says_and_survive_a_change_of_session()
    {
        NodeScripts.Require();
        await NodeScripts.RunAsync("subscribe.mjs", servers.ArgumentsFor(servers.Open, isOpen: true), least: 29);
    }

    [Fact]
    public async Task Roles_are_managed_and_views_browsed_with()
    {
        NodeScripts.Require();
        await NodeScripts.RunAsync("roles.mjs", servers.ArgumentsFor(servers.Open, isOpen: true), least: 22);
    }

    [Fact]
    public async Task Bad_certificates_are_refused_and_kept_as_rejected_and_good_ones_get_in()
    {
        NodeScripts.Require();
        await NodeScripts.RunAsync("certificates.mjs", servers.ArgumentsFor(servers.Open, isOpen: true), least: 8);
        var rejected = servers.Open.Trust.Rejected().Select(certificate => certificate.Thumbprint).ToList();
        var certificates = servers.Open.Certificates;
        Assert.Contains(certificates.Untrusted, rejected);
        Assert.Contains(certificates.Expired, rejected);
        Assert.Contains(certificates.Revoked, rejected);
    }

    [Fact]
    public async Task Tokens_are_renewed_sessions_time_out_and_clients_come_back_after_a_cut()
    {
        NodeScripts.Require();
        await NodeScripts.RunAsync("channel.mjs", servers.ArgumentsFor(servers.Open, isOpen: true), least: 7);
    }
}
