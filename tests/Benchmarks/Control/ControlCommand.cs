using System.CommandLine;
using System.Text.Json;

namespace OpcPortal.Benchmarks;

/// <summary>
/// <c>control</c>: how soon a request for a great many devices is kept and answered, at which pace it then goes out; and how long a single one takes from the call to a device that has confirmed it over Modbus TCP.
/// Requests are kept in SQLite, as in a server. Lines of JSON.
/// </summary>
internal static class ControlCommand
{
    public static Command Create()
    {
        var devices = new Option<int>("--devices") { Description = "Water heaters of the group, four a portal.", DefaultValueFactory = _ => 100_000 };
        var rate = new Option<int>("--per-second") { Description = "Commands a second that the access network takes.", DefaultValueFactory = _ => 5_000 };
        var rounds = new Option<int>("--rounds") { Description = "Groups taken one after the other: the first also compiles what it runs.", DefaultValueFactory = _ => 3 };
        var singles = new Option<int>("--singles") { Description = "Single requests over Modbus; a simulated switch takes a second to show each of their two commands.", DefaultValueFactory = _ => 100 };
        var command = new Command("control", "Measures requests of control: a group taken and paced, single ones down to a simulated device.") { devices, rate, rounds, singles };
        command.SetAction(async parsed =>
        {
            var folder = Directory.CreateTempSubdirectory("opcportal-control").FullName;
            try
            {
                await GroupControl.RunAsync(Path.Combine(folder, "group"), parsed.GetValue(devices), parsed.GetValue(rate), parsed.GetValue(rounds)).ConfigureAwait(false);
                await SingleControl.RunAsync(Path.Combine(folder, "single"), parsed.GetValue(singles)).ConfigureAwait(false);
                return 0;
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        });
        return command;
    }

    public static Task TellAsync(object line) => Console.Out.WriteLineAsync(JsonSerializer.Serialize(line));
}
