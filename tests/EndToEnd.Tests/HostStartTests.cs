using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using OpcPortal.Host;
using OpcPortal.Ua.Security;

namespace OpcPortal.EndToEnd.Tests;

/// <summary>What keeps the server from starting: one line that says what to do, and an exit code that is not 0.</summary>
public sealed class HostStartTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("opcportal-start-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_port_in_use_is_named()
    {
        using var other = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        other.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        other.Listen();
        var port = ((IPEndPoint)other.LocalEndPoint!).Port;
        var line = await Refused($$"""{ "endpoints": { "urls": ["opc.tcp://localhost:{{port}}"], "listen": ["127.0.0.1:{{port}}"] } }""");
        Assert.Contains($"127.0.0.1:{port} is in use", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_made_is_named()
    {
        File.WriteAllText(Path.Combine(_folder, "taken"), "");
        Assert.Contains("\"pki\"", await Refused("""{ "pki": "taken/pki" }"""), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_broken_configuration_and_one_that_is_missing_are_named()
    {
        Assert.Contains("opcportal.json:2:", await Refused("{\n\"x\": 1 }"), StringComparison.Ordinal);
        Assert.Contains("none.json", await RefusedFile(Path.Combine(_folder, "none.json")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_of_the_directory_that_is_wrong_is_named_with_its_line()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "directory"));
        File.WriteAllText(Path.Combine(_folder, "directory", "parties.json"), "{ \"entities\": [\n{ \"id\": \"a\", \"kind\": \"wizard\", \"name\": \"A\", \"namespace\": \"urn:a\" } ] }");
        var line = await Refused("{}");
        Assert.Contains("parties.json:2:", line, StringComparison.Ordinal);
        Assert.Contains("no kind 'wizard'", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_that_cannot_be_opened_is_named()
    {
        Assert.Contains("portal.db", await Refused("""{ "storage": { "sqlite": "nowhere/portal.db" } }"""), StringComparison.Ordinal);
        Assert.Contains("storage", await Refused("""{ "storage": { "postgresql": "Host=127.0.0.1;Port=1;Database=x;Username=u;Password=hunter2" } }"""), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_that_is_missing_or_broken_is_named()
    {
        Assert.Contains("none.xml", await Refused("""{ "nodeSets": ["none.xml"] }"""), StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(_folder, "bad.xml"), "<UANodeSet xmlns=\"http://opcfoundation.org/UA/2011/03/UANodeSet.xsd\">\n<UAWhat NodeId=\"i=1\"/>\n</UANodeSet>");
        Assert.Contains("bad.xml(2,", await Refused("""{ "nodeSets": ["bad.xml"] }"""), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_that_cannot_serve_is_named()
    {
        var certificates = new CertificateFactory(TimeProvider.System);
        var store = new TrustListStore(Path.Combine(_folder, "pki"), TimeProvider.System);
        using var other = certificates.CreateSelfSigned(new CertificateSubject { Name = "other", ApplicationUri = "urn:other", Hosts = ["localhost"] });
        store.SaveOwn(other).Dispose();
        Assert.Contains("is for urn:other", await Refused("{}"), StringComparison.Ordinal);
        foreach (var key in Directory.GetFiles(Path.Combine(_folder, "pki", "own", "private"))) File.WriteAllText(key, "no key");
        Assert.Contains("cannot be used", await Refused("{}"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bad_adapter_file_keeps_nobody_from_starting()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "adapters"));
        File.WriteAllText(Path.Combine(_folder, "adapters", "bad.json"), "{\n  \"portal\": 3\n}");
        var file = Path.Combine(_folder, "opcportal.json");
        File.WriteAllText(file, """{ "endpoints": { "urls": ["opc.tcp://localhost:4840"], "listen": ["127.0.0.1:0"] } }""");
        await using var portal = await RunningPortal.StartAsync(HostConfigurationReader.Read(file), NullLoggerFactory.Instance, TimeProvider.System);
        Assert.Contains("bad.json:2:", Assert.Single(portal.Server.Refused).Message, StringComparison.Ordinal);
        using var client = new TcpClient();
        await client.ConnectAsync(portal.Addresses[0], TestContext.Current.CancellationToken);
    }

    private Task<string> Refused(string json)
    {
        var file = Path.Combine(_folder, "opcportal.json");
        File.WriteAllText(file, json);
        return RefusedFile(file);
    }

    private static async Task<string> RefusedFile(string file)
    {
        var errors = new StringWriter();
        var code = await ServeCommand.RunAsync(file, TextWriter.Null, errors, TestContext.Current.CancellationToken);
        Assert.NotEqual(0, code);
        var line = errors.ToString().TrimEnd();
        Assert.StartsWith("opcportal: ", line, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', line);
        return line;
    }
}
