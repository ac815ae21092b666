using System.Globalization;
using OpcPortal.Fuzz;

// dotnet run --project tests/Fuzz -- <target>|all [--seconds N] [--seed N] [--keep]
if (args is [] or ["--help"] or ["list"])
{
    Console.WriteLine("Usage: dotnet run --project tests/Fuzz -- <target>|all [--seconds N] [--seed N] [--keep]");
    Console.WriteLine("--keep adds inputs with new outcomes to tests/Fuzz/Corpus. Targets:");
    foreach (var target in FuzzTargets.All) Console.WriteLine($"  {target.Name}");
    return args is ["list"] ? 0 : 2;
}

var chosen = args[0] == "all" ? FuzzTargets.All : [.. FuzzTargets.All.Where(t => t.Name == args[0])];
if (chosen.Count == 0)
{
    Console.Error.WriteLine($"There is no target '{args[0]}'. See: dotnet run --project tests/Fuzz -- list");
    return 2;
}

var seconds = Number("--seconds") ?? 10;
var failed = false;
foreach (var target in chosen)
{
    var seed = Number("--seed") ?? Random.Shared.Next();
    try
    {
        var report = new FuzzDriver(target, seed).Run(Corpus.Read(target.Name), int.MaxValue, TimeSpan.FromSeconds(seconds));
        var added = args.Contains("--keep") ? Corpus.Add(target.Name, report.Kept) : 0;
        Console.WriteLine($"{target.Name}: seed {seed}, {report.Inputs} inputs, {report.Accepted} parsed, {report.Kept.Count} new outcomes, {added} kept, slowest {report.Slowest.TotalMilliseconds:F1} ms");
    }
    catch (FuzzException e)
    {
        failed = true;
        Console.WriteLine($"DEFECT {e}");
    }
}

return failed ? 1 : 0;

int? Number(string option)
{
    var at = Array.IndexOf(args, option);
    return at >= 0 && at + 1 < args.Length && int.TryParse(args[at + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
