using System.CommandLine;
using BenchmarkDotNet.Running;
using OpcPortal.Benchmarks;

// What is measured is told in docs/performance.md, with the command that measures it.
var root = new RootCommand("Measures OpcPortal and its peers. Run it in Release: dotnet run -c Release --project tests/Benchmarks -- COMMAND")
{
    ServeCommand.Create(),
    LoadCommand.Create(),
    CompareCommand.Create(),
    FleetCommand.Create(),
    PremisesCommand.Create(),
    AccessCommand.Create(),
    DirectoryCommand.Create(),
    ModbusCommand.Create(),
    EvidenceCommand.Create(),
    HistoryCommand.Create(),
    IntervalsCommand.Create(),
};
var micro = new Command("micro", "BenchmarkDotNet over codec and channel; what follows goes to it, such as --filter '*'.") { TreatUnmatchedTokensAsErrors = false };
micro.SetAction(parsed => { BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run([.. parsed.UnmatchedTokens]); });
root.Add(micro);
return await root.Parse(args).InvokeAsync();
