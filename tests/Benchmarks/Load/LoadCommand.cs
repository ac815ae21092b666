using System.CommandLine;
using System.Text.Json;
using OpcPortal.Ua;
using OpcPortal.Ua.Security;

namespace OpcPortal.Benchmarks;

/// <summary><c>load</c>: one server, any server, measured; a JSON line for each scenario.</summary>
internal static class LoadCommand
{
    public static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web);

    public static Command Create()
    {
        var url = new Option<string>("--url") { Description = "opc.tcp://host:port", Required = true };
        var nodes = new Option<string>("--nodes") { Description = "File of NodeIds, one a line: variables that may be read and change.", Required = true };
        var policy = new Option<string>("--policy") { Description = "None, or the policy of a SignAndEncrypt channel.", DefaultValueFactory = _ => "None" };
        var seconds = new Option<double>("--seconds") { Description = "Of each scenario.", DefaultValueFactory = _ => 4 };
        var process = new Option<int>("--pid") { Description = "The server's process, for its CPU time and memory." };
        var pki = new Option<string?>("--pki") { Description = "Folder of the client's certificates." };
        var scenarios = new Option<string[]>("--scenario") { Description = "Those alone.", AllowMultipleArgumentsPerToken = true };
        var command = new Command("load", "Measures a server.") { url, nodes, policy, seconds, process, pki, scenarios };
        command.SetAction(async parsed =>
        {
            var options = new LoadOptions
            {
                Url = parsed.GetValue(url)!,
                Nodes = ReadNodes(parsed.GetValue(nodes)!),
                Policy = SecurityPolicy.All.First(p => p.Name.Equals(parsed.GetValue(policy), StringComparison.OrdinalIgnoreCase)),
                Duration = TimeSpan.FromSeconds(parsed.GetValue(seconds)),
                ServerProcess = parsed.GetValue(process),
                Pki = parsed.GetValue(pki),
                Scenarios = (parsed.GetValue(scenarios) ?? []).ToHashSet(),
            };
            await new Scenarios(options).RunAsync(result => Console.WriteLine(JsonSerializer.Serialize(result, Json)));
        });
        return command;
    }

    public static IReadOnlyList<NodeId> ReadNodes(string file) => [.. File.ReadLines(file).Where(l => l.Length > 0).Select(NodeId.Parse)];
}
