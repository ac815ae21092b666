using System.Text.RegularExpressions;

namespace OpcPortal.Architecture.Tests;

/// <summary>Rules of the house that a compiler does not know.</summary>
public sealed partial class SourceTests
{
    private const int MaxLines = 500;

    [Fact]
    public void No_file_is_longer_than_a_reader_can_hold()
    {
        var long_ = Repository.Sources.Where(f => f.Lines.Length > MaxLines).Select(f => $"{f.Path}: {f.Lines.Length} lines");
        Assert.Empty(long_);
    }

    // A grant is the proof of a check: whoever derives from its issuer can make one unchecked.
    [Fact]
    public void Only_the_AccessController_issues_grants()
    {
        var issuers = Repository.Sources.Where(f => !f.Path.StartsWith("tests/", StringComparison.Ordinal) && DerivesFromIssuer().IsMatch(f.Text)).Select(f => f.Path);
        Assert.Equal(["opcua/OpcPortal.Ua.Server/Access/AccessController.cs"], issuers);
    }

    [Fact]
    public void Every_public_type_of_the_stack_says_what_it_is()
    {
        var silent = Repository.Sources.Where(f => f.Path.StartsWith("opcua/", StringComparison.Ordinal)).SelectMany(UndocumentedTypes).ToArray();
        // A partial type is described where its main part is.
        var described = Repository.Sources.SelectMany(DocumentedTypes).ToHashSet();
        Assert.Empty(silent.Where(t => !described.Contains(t.Type)).Select(t => $"{t.File}: {t.Type}"));
    }

    [Fact]
    public void A_test_that_is_skipped_says_why()
    {
        var silent = Repository.Sources.Where(f => f.Path.StartsWith("tests/", StringComparison.Ordinal) && SkippedWithoutReason().IsMatch(f.Text)).Select(f => f.Path);
        Assert.Empty(silent);
    }

    [Fact]
    public void No_private_key_is_committed()
    {
        var keys = Repository.Files("*").Where(f => Path.GetExtension(f) is ".pem" or ".key" or ".pfx" or ".p12" && !f.Split('/').Contains("generated") && !f.Split('/').Contains("pki"));
        Assert.Empty(keys);
    }

    [Fact]
    public void No_type_is_named_for_having_no_name()
    {
        var nameless = Repository.Sources.Select(f => Path.GetFileNameWithoutExtension(f.Path)).Where(name => NoName().IsMatch(name));
        Assert.Empty(nameless);
    }

    // Part 4 5.5-5.14: what the issue asks for and the profile claims. Each has a service, and each service is given to the dispatcher.
    public static TheoryData<string> Services =>
    [
        "FindServers", "GetEndpoints", "CreateSession", "ActivateSession", "CloseSession", "Cancel", "Browse", "BrowseNext", "TranslateBrowsePathsToNodeIds",
        "RegisterNodes", "UnregisterNodes", "Read", "Write", "Call", "CreateMonitoredItems", "ModifyMonitoredItems", "DeleteMonitoredItems", "SetMonitoringMode", "SetTriggering",
        "CreateSubscription", "ModifySubscription", "SetPublishingMode", "Publish", "Republish", "TransferSubscriptions", "DeleteSubscriptions",
    ];

    [Theory]
    [MemberData(nameof(Services))]
    public void A_service_of_the_profile_is_offered(string service)
    {
        var types = ServiceTypes().Where(s => s.Service == service).ToArray();
        Assert.True(types.Length == 1, $"{types.Length} classes answer {service}Request.");
    }

    [Fact]
    public void Every_service_is_given_to_the_dispatcher()
    {
        var server = Repository.Sources.Where(f => f.Path.StartsWith("opcua/OpcPortal.Ua.Server/", StringComparison.Ordinal)).ToArray();
        Assert.All(ServiceTypes(), s => Assert.Contains(server, f => f.Text.Contains($"new {s.Type}(", StringComparison.Ordinal)));
    }

    private static IEnumerable<(string Type, string Service)> ServiceTypes() => Repository.Sources
        .Where(f => f.Path.StartsWith("opcua/OpcPortal.Ua.Server/Services/", StringComparison.Ordinal))
        .SelectMany(f => ServiceClass().Matches(f.Text)).Select(m => (m.Groups[1].Value, m.Groups[2].Value));

    private static IEnumerable<(string File, string Type)> UndocumentedTypes(SourceFile file) => Types(file).Where(t => !t.IsDocumented).Select(t => (file.Path, t.Type));

    private static IEnumerable<string> DocumentedTypes(SourceFile file) => Types(file).Where(t => t.IsDocumented).Select(t => t.Type);

    private static IEnumerable<(string Type, bool IsDocumented)> Types(SourceFile file)
    {
        var lines = file.Lines;
        for (var i = 0; i < lines.Length; i++)
        {
            if (PublicType().Match(lines[i]) is not { Success: true } type) continue;
            var above = i - 1;
            while (above >= 0 && lines[above].TrimStart().StartsWith('[')) above--;
            yield return (type.Groups[1].Value, above >= 0 && lines[above].TrimStart().StartsWith("///", StringComparison.Ordinal));
        }
    }

    [GeneratedRegex(@"\bclass\s+\w+[^{;]*?:\s*[^{;]*\bIssuer\b")]
    private static partial Regex DerivesFromIssuer();

    [GeneratedRegex(@"class (\w+)(?:\([^)]*\))?\s*:\s*Service<(\w+)Request, \w+>", RegexOptions.Singleline)]
    private static partial Regex ServiceClass();

    [GeneratedRegex(@"^\s*public (?:(?:static|sealed|abstract|readonly|ref|partial|unsafe) )*(?:class|struct|record struct|record|enum|interface|delegate [\w<>?]+) (\w+)")]
    private static partial Regex PublicType();

    [GeneratedRegex(@"\bSkip\s*=\s*(?:""\s*""|null|string\.Empty)|Assert\.Skip\(\s*(?:""\s*"")?\s*\)")]
    private static partial Regex SkippedWithoutReason();

    [GeneratedRegex("(Helper|Helpers|Util|Utils|Utility|Common|Misc)$")]
    private static partial Regex NoName();
}
