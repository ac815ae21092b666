using OpcPortal.Ua.CodeGen;

// opcportal-codegen generate [--facts DIR] [--check]
// opcportal-codegen models [--check]
return args switch
{
    ["generate", .. var rest] => GenerateCommand.Run(Option(rest, "--facts") ?? Repository.Facts, Repository.GeneratedTypes, rest.Contains("--check"), Console.Out),
    ["models", .. var rest] => ModelsCommand.Run(Repository.NodeSets, Repository.StandardModel, rest.Contains("--check"), Console.Out),
    _ => Usage(),
};

static string? Option(string[] args, string name)
{
    var at = Array.IndexOf(args, name);
    return at >= 0 && at + 1 < args.Length ? args[at + 1] : null;
}

static int Usage()
{
    Console.Error.WriteLine("""
        Usage: dotnet run --project opcua/OpcPortal.Ua.CodeGen -- generate [--facts DIR] [--check]
               dotnet run --project opcua/OpcPortal.Ua.CodeGen -- models [--check]
        """);
    return 2;
}
