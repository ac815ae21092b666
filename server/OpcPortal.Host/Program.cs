using System.CommandLine;
using OpcPortal.Host;

var config = new Option<FileInfo?>("--config") { Description = "The configuration, opcportal.json. Without it, a demonstration runs." };
var root = new RootCommand("OpcPortal: an OPC UA server for the portals, meters and loads of a utility's customers.") { config };
root.SetAction((parsed, cancellation) => ServeCommand.RunAsync(parsed.GetValue(config)?.FullName, Console.Out, Console.Error, cancellation));

var hash = new Command("hash-password", "Reads a password and prints the hash that \"users\" of the configuration wants.");
hash.SetAction(_ => HashPasswordCommand.Run(Console.IsInputRedirected ? Console.In : null, Console.Out, Console.Error));
root.Add(hash);
foreach (var command in BackupCommands.Create(Console.Out, Console.Error)) root.Add(command);

return await root.Parse(args).InvokeAsync();
