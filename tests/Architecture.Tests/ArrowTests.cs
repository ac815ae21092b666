using System.Xml.Linq;

namespace OpcPortal.Architecture.Tests;

/// <summary>Which project may use which: docs/architecture.md, Arrows. Tests may use anything.</summary>
public sealed class ArrowTests
{
    private const string Types = "OpcPortal.Ua.Types", Security = "OpcPortal.Ua.Security", Channel = "OpcPortal.Ua.Channel", Server = "OpcPortal.Ua.Server", Client = "OpcPortal.Ua.Client";
    private const string Models = "OpcPortal.Models", Adapters = "OpcPortal.Adapters", Portal = "OpcPortal.Server", Console = "OpcPortal.Console", Host = "OpcPortal.Host", Billing = "OpcPortal.Billing";

    // Project -> what it may reference. A project that is not here may reference nothing: a new one is a decision.
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        [Types] = [],
        [Security] = [Types],
        [Channel] = [Types, Security],
        [Server] = [Types, Security, Channel],
        [Client] = [Types, Security, Channel],
        ["OpcPortal.Ua.CodeGen"] = [Types],
        [Models] = [],
        [Adapters] = [Models],
        [Portal] = [Models, Adapters, Types, Security, Channel, Server],
        [Console] = [Models, Portal, Types, Server],
        ["OpcPortal.DevCertificates"] = [Types, Security],
        [Billing] = [Client, Models],
        ["OpcPortal.Cli"] = [Client, Models, Billing, Types, Security, Channel],
    };

    private static readonly Dictionary<string, (string Path, string[] References, string[] Packages)> Projects = Repository.Files("*.csproj")
        .Where(p => !p.StartsWith("tests/", StringComparison.Ordinal))
        .ToDictionary(p => Path.GetFileNameWithoutExtension(p), Read);

    public static TheoryData<string> Names => [.. Projects.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_project_uses_only_what_its_place_allows(string name)
    {
        var (path, references, _) = Projects[name];
        foreach (var reference in references)
            Assert.True(IsAllowed(name, path, reference), $"{path} references {reference}: see docs/architecture.md, Arrows.");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_domain_and_the_stack_stay_free_of_frameworks_that_are_not_theirs(string name)
    {
        var (path, _, packages) = Projects[name];
        if (name == Models) Assert.Empty(packages);
        if (path.StartsWith("opcua/", StringComparison.Ordinal))
            Assert.All(packages, package => Assert.StartsWith("Microsoft.Extensions.", package, StringComparison.Ordinal));
    }

    // A rule that lets everything pass would go unnoticed otherwise.
    [Theory]
    [InlineData(Types, Server)]
    [InlineData(Server, Models)]
    [InlineData(Client, Server)]
    [InlineData(Models, Types)]
    [InlineData(Adapters, Types)]
    [InlineData("OpcPortal.Adapters.Modbus", Types)]
    [InlineData("OpcPortal.Adapters.Modbus", Portal)]
    [InlineData("OpcPortal.Cli", Portal)]
    [InlineData(Portal, Host)]
    [InlineData(Host, Host)]
    public void A_forbidden_arrow_is_seen(string from, string to) => Assert.False(IsAllowed(from, Projects.TryGetValue(from, out var project) ? project.Path : "", to));

    [Fact]
    public void Every_project_is_in_the_solution()
    {
        var solution = Repository.Read("OpcPortal.sln").Replace('\\', '/');
        Assert.All(Repository.Files("*.csproj"), project => Assert.Contains(project, solution, StringComparison.Ordinal));
    }

    private static bool IsAllowed(string name, string path, string reference)
    {
        if (reference == Host) return false;
        if (name == Host) return true;
        if (Allowed.TryGetValue(name, out var allowed)) return allowed.Contains(reference);
        // Of the adapters, the simulated field speaks through the others' codecs, and one speaks OPC UA.
        if (name.StartsWith(Adapters + ".", StringComparison.Ordinal))
            return reference is Models or Client || reference == Adapters || reference.StartsWith(Adapters + ".", StringComparison.Ordinal);
        return path.StartsWith("clients/samples/", StringComparison.Ordinal) && reference is Client or Models or Types or Billing;
    }

    private static (string Path, string[] References, string[] Packages) Read(string path)
    {
        var project = XDocument.Parse(Repository.Read(path));
        string[] Includes(string element) => [.. project.Descendants(element).Select(e => (string?)e.Attribute("Include")).OfType<string>()];
        return (path, [.. Includes("ProjectReference").Select(r => Path.GetFileNameWithoutExtension(r.Replace('\\', '/')))], Includes("PackageReference"));
    }
}
