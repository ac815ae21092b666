using System.Text;

namespace OpcPortal.Adapters.Tests;

public sealed class AdapterConfigurationReaderTests
{
    private readonly List<ConfigurationException> _refused = [];
    private readonly SequentialFleetNumbers _numbers = new();

    private static string Device(string id, string rest = "") =>
        $$"""{ "id": "{{id}}", "type": "SwitchType", "unit": 1, "points": { "Closed": { "register": 1 }, "Load/Power": { "register": 2 } }{{rest}} }""";

    private static string File(string devices, string portal = """{ "id": "P-1", "name": "Main Street", "owner": "urn:utility", "accessNetwork": "cellular" }""", string rest = "") =>
        $$"""
        // A comment, and a trailing comma below.
        {
          "portal": {{portal}},
          "connection": { "protocol": "fake", "host": "localhost" },
          "devices": [
            {{devices}}
          ],{{rest}}
        }
        """;

    private AdapterConfigurationReader Reader(Action<PortalConfiguration, DeviceConfiguration>? check = null) => new(_numbers, [new FakeFactory()], check);

    private AdapterConfiguration? Read(string text, AdapterConfigurationReader? reader = null, string file = "a.json") => (reader ?? Reader()).Read(file, Encoding.UTF8.GetBytes(text), _refused);

    [Fact]
    public void A_whole_file_is_read_with_numbers_owners_and_names()
    {
        var configuration = Read(File($$"""{{Device("M-1", ", \"name\": \"Meter\", \"owner\": \"urn:customer\", \"commands\": { \"Open\": {} }")}}, {{Device("M-2")}}"""));

        Assert.Empty(_refused);
        Assert.NotNull(configuration);
        Assert.Equal(new PortalConfiguration { Id = "P-1", Name = "Main Street", Owner = "urn:utility", AccessNetwork = "Cellular" }, configuration.Portal);
        Assert.Equal([("M-1", "Meter", "urn:customer", 0), ("M-2", "M-2", "urn:utility", 1)], configuration.Devices.Select(device => (device.Id, device.Name, device.Owner, device.Number)));
        Assert.Equal([("Closed", 0), ("Load/Power", 1)], configuration.Devices[0].Points.Select(point => (point.Name, point.Number)));
        Assert.Equal([("Closed", 2), ("Load/Power", 3)], configuration.Devices[1].Points.Select(point => (point.Name, point.Number)));
        Assert.Equal("Open", Assert.Single(configuration.Devices[0].Commands).Name);
    }

    [Fact]
    public void A_bad_device_is_refused_with_file_line_and_reason_and_the_others_run_on()
    {
        var configuration = Read(File($"{Device("M-1")},\n{Device("M-2").Replace("\"register\": 2", "\"register\": 99999", StringComparison.Ordinal)},\n{Device("M-3")}"));

        Assert.Equal("a.json:7: devices[1].points.Load/Power.register: a whole number from 0 to 65535 is wanted here", Assert.Single(_refused).Message);
        Assert.Equal([("M-1", 0), ("M-3", 1)], configuration!.Devices.Select(device => (device.Id, device.Number)));
    }

    [Fact]
    public void A_device_that_the_server_refuses_gets_no_number()
    {
        var reader = Reader((_, device) =>
        {
            if (device.Id == "M-1") throw device.Settings.Get("type").Wrong("there is no type 'SwitchType'");
        });
        var configuration = Read(File($"{Device("M-1")},\n{Device("M-2")}"), reader);

        Assert.Equal("a.json:6: devices[0].type: there is no type 'SwitchType'", Assert.Single(_refused).Message);
        Assert.Equal(0, Assert.Single(configuration!.Devices).Number);
        Assert.Equal(2, _numbers.Point("P-9", "x", "y"));
    }

    [Theory]
    [InlineData("\"id\": \"P-1\"", "\"id\": \"P 1\"", 3, "'P 1' is no id")]
    [InlineData("\"id\": \"P-1\"", "\"id\": \"-P\"", 3, "'-P' is no id")]
    [InlineData("urn:utility", "utility", 3, "is no URI")]
    [InlineData("cellular", "pigeon", 3, "one of Cellular, PLC")]
    [InlineData("\"fake\"", "\"other\"", 4, "protocol 'other' is not known; known are fake")]
    [InlineData("\"host\"", "\"hots\"", 4, "'host' is missing")]
    [InlineData("\"host\": \"localhost\"", "\"host\": \"localhost\", \"prot\": 1", 4, "there is no setting 'prot' here")]
    [InlineData("\"accessNetwork\"", "\"network\"", 3, "there is no setting 'network' here")]
    [InlineData("\"devices\"", "\"device\"", 2, "'devices' is missing")]
    [InlineData("\"Closed\"", "\"Clo sed\"", 7, "'Clo sed' is no point")]
    [InlineData("\"Load/Power\"", "\"Load//Power\"", 7, "'Load//Power' is no point")]
    [InlineData("\"Load/Power\"", "\"Closed\"", 7, "'Closed' is given twice")]
    [InlineData("\"type\": \"SwitchType\", ", "", 7, "'type' is missing")]
    public void What_is_wrong_is_said_with_its_line(string right, string wrong, int line, string reason)
    {
        Assert.NotNull(Read(File($"\n{Device("M-1")}")));
        Assert.Null(Read(File($"\n{Device("M-1")}").Replace(right, wrong, StringComparison.Ordinal)));
        var refusal = Assert.Single(_refused);
        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
        Assert.Equal(line, refusal.Line);
        Assert.DoesNotContain('\n', refusal.Message);
    }

    [Fact]
    public void A_file_with_a_setting_that_nobody_knows_is_refused_whole()
    {
        Assert.Null(Read(File(Device("M-1"), rest: " \"poll\": \"1 s\"")));
        Assert.Contains("there is no setting 'poll' here", Assert.Single(_refused).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_device_given_twice_is_refused_the_second_time_also_across_files()
    {
        var reader = Reader();
        Assert.Single(Read(File($"{Device("M-1")}, {Device("M-1")}"), reader)!.Devices);
        Assert.Null(Read(File(Device("M-1")), reader, "b.json"));
        Assert.All(_refused, refusal => Assert.Contains("portal 'P-1' has a device 'M-1' already", refusal.Message, StringComparison.Ordinal));
        Assert.Equal(2, _refused.Count);
    }

    [Fact]
    public void A_portal_may_have_two_files_that_agree_on_it_and_not_two_that_do_not()
    {
        var reader = Reader();
        Assert.NotNull(Read(File(Device("M-1")), reader));
        Assert.NotNull(Read(File(Device("M-2")), reader, "b.json"));
        Assert.Empty(_refused);
        Assert.Null(Read(File(Device("M-3"), """{ "id": "P-1", "owner": "urn:other" }"""), reader, "c.json"));
        Assert.Contains("portal 'P-1' stands in a.json too", Assert.Single(_refused).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_is_read_in_the_order_of_names_and_a_broken_file_hinders_no_other()
    {
        var folder = Directory.CreateTempSubdirectory("adapters");
        try
        {
            System.IO.File.WriteAllText(Path.Combine(folder.FullName, "2.json"), File(Device("M-2")));
            System.IO.File.WriteAllText(Path.Combine(folder.FullName, "1.json"), File(Device("M-1")));
            System.IO.File.WriteAllText(Path.Combine(folder.FullName, "broken.json"), "{\n\n  \"portal\": oops }");
            System.IO.File.WriteAllText(Path.Combine(folder.FullName, "notes.txt"), "no configuration");

            var read = AdapterFolder.Load(folder.FullName, Reader());

            Assert.Equal(["M-1", "M-2"], read.Configurations.Select(configuration => configuration.Devices[0].Id));
            Assert.StartsWith($"{Path.Combine(folder.FullName, "broken.json")}:3: It is not JSON", Assert.Single(read.Refused).Message, StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(true);
        }
    }

    [Fact]
    public void A_folder_that_is_not_there_is_one_refusal()
    {
        var read = AdapterFolder.Load(Path.Combine(Path.GetTempPath(), Guid.NewGuid().ToString()), Reader());
        Assert.Empty(read.Configurations);
        Assert.Contains("cannot be read", Assert.Single(read.Refused).Message, StringComparison.Ordinal);
    }
}
