// A server that reads one device at a broker and is there to be killed.
//   KillField FOLDER PORT deaf|well
// In the folder are its database, its journal and its adapters' backlog. "deaf" confirms nothing that adapters publish.
using System.Globalization;
using OpcPortal.KillField;

await using var server = await FieldServer.StartAsync(args[0], int.Parse(args[1], CultureInfo.InvariantCulture), args[2] == "deaf");
Console.WriteLine("ready");
await Console.In.ReadToEndAsync();
