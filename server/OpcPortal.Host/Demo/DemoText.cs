using System.Text;

namespace OpcPortal.Host;

/// <summary>What the demonstration tells who started it.</summary>
internal static class DemoText
{
    public static string Of(RunningDemo demo)
    {
        var endpoints = demo.Portal.Server.Ua.Options.Endpoints;
        var fleet = demo.Portal.Server.Space.Registry;
        var url = $"opc.tcp://localhost:{demo.Portal.Addresses[0].Port}";
        var cli = "dotnet run --project clients/OpcPortal.Cli --";
        var text = new StringBuilder();
        text.AppendLine();
        text.AppendLine("OpcPortal demonstration: NOT FOR REAL DATA");
        text.AppendLine("  UNPROTECTED (SecurityPolicy None) AND ANONYMOUS SESSIONS ARE ALLOWED, so the server listens on loopback only.");
        text.AppendLine();
        text.AppendLine($"  Endpoint      {url}");
        text.AppendLine($"  Security      {string.Join(", ", endpoints.Security.Select(security => security.Policy.IsNone ? "None" : $"{security.Policy.Name} {security.Mode}"))}");
        text.AppendLine($"  Certificates  {Path.Combine(demo.Folder, "pki")}  (a client that was refused: move its file from rejected/certs to trusted/certs)");
        text.AppendLine($"  Users         {string.Join(", ", demo.Users.Passwords.Select(user => $"{user.Name} / {user.Password}"))}  (until this ends)");
        text.AppendLine($"  Field         {demo.Portal.Server.AdapterCount} connections (Modbus TCP, MQTT), {fleet.PortalCount} portals, {fleet.DeviceCount} devices; files in {demo.Neighbourhood.AdapterFolder}");
        text.AppendLine();
        text.AppendLine("  Look at values as they change:");
        text.AppendLine($"    {cli} watch {Quoted(demo, DemoNeighbourhood.PowerCompany, "maple-1/meter/ActivePower")} {Quoted(demo, DemoNeighbourhood.ResidentialCustomers, "elm-5/elm-thermostat/RoomTemperature")}");
        text.AppendLine("  Set a temperature, and open a switch:");
        var login = $"--user operator --password {demo.Users.Passwords.First(user => user.Name == "operator").Password}";
        text.AppendLine($"    {cli} write {Quoted(demo, DemoNeighbourhood.ResidentialCustomers, "maple-1/thermostat/TemperatureSetpoint")} 23 {login}");
        text.AppendLine($"    {cli} call {Quoted(demo, DemoNeighbourhood.PowerCompany, "maple-1/load-switch")} {Quoted(demo, DemoNeighbourhood.PowerCompany, "maple-1/load-switch/Open")} {login}");
        text.AppendLine("  Any OPC UA client will do: everything lies below Objects/Portals. Ctrl+C ends it.");
        text.AppendLine();
        return text.ToString();
    }

    private static string Quoted(RunningDemo demo, string owner, string id) =>
        demo.Portal.Server.Ua.Model.Namespaces.TryGetIndex(owner, out var index) ? $"\"ns={index};s={id}\"" : $"\"{id}\"";
}
