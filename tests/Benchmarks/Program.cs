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
    ControlCommand.Create(),
};
var micro = new Command("micro", "BenchmarkDotNet over codec and channel; what follows goes to it, such as --filter '*'.") { TreatUnmatchedTokensAsErrors = false };
// In this process: for one of its own BenchmarkDotNet looks for a project of the program's name, which has another.
micro.SetAction(parsed => { BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(["--inProcess", .. parsed.UnmatchedTokens]); });
root.Add(micro);
return await root.Parse(args).InvokeAsync();
