namespace OpcPortal.Host;

/// <summary>What the demonstration tells who started it.</summary>
internal static class DemoText
{
    private const string Cli = "dotnet run --project clients/OpcPortal.Cli --";

    public static string Of(RunningDemo demo)
    {
        var endpoints = demo.Portal.Server.Ua.Options.Endpoints;
        var fleet = demo.Portal.Server.Space.Registry;
        var pki = Path.Combine(demo.Folder, "pki");
        var security = string.Join(", ", endpoints.Security.Select(security => security.Policy.IsNone ? "None" : $"{security.Policy.Name} {security.Mode}"));
        var users = string.Join(", ", demo.Users.Passwords.Select(user => $"{user.Name} / {user.Password}"));
        var login = $"--policy None --user operator --password {demo.Users.Passwords.First(user => user.Name == "operator").Password}";
        var power = Node(DemoNeighbourhood.ShowHouse, "elm-7/meter/ActivePower");
        var room = Node(DemoNeighbourhood.ShowHouse, "elm-5/elm-thermostat/RoomTemperature");
        return $"""

            OpcPortal demonstration: NOT FOR REAL DATA
              UNPROTECTED (SecurityPolicy None) AND ANONYMOUS SESSIONS ARE ALLOWED, so the server listens on loopback only.

              Endpoint      opc.tcp://localhost:{demo.Portal.Addresses[0].Port}
              Security      {security}
              Certificates  {pki}
              Users         {users}  (until this ends)
              Field         {demo.Portal.Server.AdapterCount} connections (Modbus TCP, MQTT), {fleet.PortalCount} portals, {fleet.DeviceCount} devices; files in {demo.Neighbourhood.AdapterFolder}

              See what is there, and values as they change:
                {Cli} browse /Objects/3:Portals --depth 2 --policy None
                {Cli} watch {power} {room} --policy None
              Trust this server once; then set a temperature and open a switch (the password goes encrypted):
                {Cli} cert trust "{OwnCertificateFile(pki)}"
                {Cli} write {Node(DemoNeighbourhood.ShowHouse, "elm-7/thermostat/TemperatureSetpoint")} 23 {login}
                {Cli} call {Node(DemoNeighbourhood.ShowHouse, "elm-7/load-switch")} Open {login}
              The other portals belong to somebody: see them as {demo.Certificates.FolderOf(DemoEntities.Ann)} does, or any other entity of that
              folder, and let entities agree (docs/guide-agreements.md):
                {Cli} browse /Objects/3:Portals --depth 2 --pki "{demo.Certificates.FolderOf(DemoEntities.Ann)}"
                {Cli} agreement list --pki "{demo.Certificates.FolderOf(DemoEntities.Bob)}"
              Encrypted, as a real server demands: leave --policy None out. The first try is refused and leaves the client's certificate in
              pki/rejected/certs; move it to pki/trusted/certs.
              Any OPC UA client will do. Ctrl+C ends it.


            """;
    }

    private static string OwnCertificateFile(string pki) => Directory.EnumerateFiles(Path.Combine(pki, "own", "certs"), "*.der").Order(StringComparer.Ordinal).First();

    private static string Node(string owner, string id) => $"\"nsu={owner};s={id}\"";
}
