using System.Text.RegularExpressions;

namespace OpcPortal.Architecture.Tests;

/// <summary>What the documents say of the code holds.</summary>
public sealed partial class DocumentTests
{
    private const string Architecture = "docs/architecture.md";

    // The steps of docs/architecture.md, "The way of a request".
    public static TheoryData<string> Steps => ["bytes", "loops", "frame", "hello", "channel", "assemble", "decode", "dispatch", "service", "authorise", "node", "encode"];

    [Theory]
    [MemberData(nameof(Steps))]
    public void The_request_path_names_a_file_for_each_step(string step)
    {
        var row = Array.Find(Repository.Read(Architecture).Split('\n'), line => line.StartsWith($"| {step} |", StringComparison.Ordinal));

        Assert.True(row is not null, $"{Architecture} has no row for the step '{step}'.");
        Assert.True(Link().IsMatch(row), $"The row of '{step}' links no file.");
    }

    public static TheoryData<string> Documents => [.. Repository.Files("*.md")];

    [Theory]
    [MemberData(nameof(Documents))]
    public void Each_file_that_a_document_links_exists(string document)
    {
        foreach (Match link in Link().Matches(Repository.Read(document)))
        {
            var target = link.Groups[1].Value;
            if (target.Contains("://", StringComparison.Ordinal) || target.StartsWith('#')) continue;
            var path = Path.GetRelativePath(Repository.Root, Path.GetFullPath(Path.Combine(Repository.Root, Path.GetDirectoryName(document)!, target.Split('#')[0])));
            Assert.True(Repository.Exists(path), $"{document} links {target}, which is not there.");
        }
    }

    [Fact]
    public void The_README_says_how_to_test() => Assert.Matches(@"(?m)^ {4}dotnet test$", Repository.Read("README.md"));

    [Fact]
    public void The_README_says_how_to_run_once_there_is_something_to_run()
    {
        var program = Repository.Read("server/OpcPortal.Host/Program.cs");
        Assert.True(!program.Contains("ServeCommand", StringComparison.Ordinal) || Repository.Read("README.md").Contains("dotnet run --project server/OpcPortal.Host", StringComparison.Ordinal),
            "README.md does not have the command that starts the server.");
    }

    // docs/requirements-map.md: `Class` or `Class.Test`.
    [Fact]
    public void Each_test_that_the_requirements_map_names_exists()
    {
        var tests = Repository.Sources.Where(f => f.Path.StartsWith("tests/", StringComparison.Ordinal)).GroupBy(f => Path.GetFileNameWithoutExtension(f.Path)).ToDictionary(g => g.Key, g => string.Concat(g.Select(f => f.Text)));
        var named = TestName().Matches(Repository.Read("docs/requirements-map.md")).Select(m => (Class: m.Groups[1].Value, Test: m.Groups[2].Value)).ToArray();

        Assert.NotEmpty(named);
        Assert.All(named, n => Assert.True(tests.TryGetValue(n.Class, out var text) && (n.Test.Length == 0 || text.Contains($" {n.Test}(", StringComparison.Ordinal)), $"{n.Class}.{n.Test}"));
    }

    [Fact]
    public void Decisions_are_numbered_without_a_number_used_twice()
    {
        var numbers = Repository.Files("*.md").Where(p => p.StartsWith("docs/decisions/", StringComparison.Ordinal)).Select(p => Path.GetFileName(p)[..4]).ToArray();

        Assert.All(numbers, number => Assert.Matches(@"^\d{4}$", number));
        Assert.Equal(numbers.Distinct(), numbers);
    }

    [Fact]
    public void Each_package_in_use_is_in_the_third_party_notices()
    {
        var notices = Repository.Read("THIRD-PARTY-NOTICES.md");
        var packages = Repository.Files("*.props").Concat(Repository.Files("*.csproj"))
            .SelectMany(p => PackageReference().Matches(Repository.Read(p)).Select(m => m.Groups[1].Value)).Distinct();

        Assert.All(packages, package => Assert.Contains($"| {package} |", notices, StringComparison.Ordinal));
    }

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"`(\w+Tests)(?:\.(\w+))?`")]
    private static partial Regex TestName();

    [GeneratedRegex(@"PackageReference Include=""([^""]+)""")]
    private static partial Regex PackageReference();
}
