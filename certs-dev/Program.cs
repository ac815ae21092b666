using OpcPortal.DevCertificates;

// dotnet run --project certs-dev [-- FOLDER [HOST...]]
var root = Path.GetFullPath(args.Length > 0 ? args[0] : Path.Combine("certs-dev", "generated"));
string[] hosts = args.Length > 1 ? args[1..] : ["localhost", "127.0.0.1", Environment.MachineName];
var machine = Environment.MachineName.ToLowerInvariant();
try
{
    // The URIs that the server and the command line have where nothing else is configured.
    DevelopmentPki.Make(root, new Dictionary<string, string> { ["server"] = $"urn:{machine}:OpcPortal", ["client"] = $"urn:{machine}:opcportal:cli" }, hosts, TimeProvider.System);
}
catch (Exception unwritable) when (unwritable is IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine($"{root} cannot be written ({unwritable.Message}): name another folder.");
    return 1;
}

Console.WriteLine($"""
    A server and a client that trust each other through a development authority, in {root}:
      server: "pki": "{Path.Combine(root, "server").Replace("\\", "/")}" in its configuration
      client: opcportal --pki {Path.Combine(root, "client")} ...
    """);
return 0;
