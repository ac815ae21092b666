using OpcPortal.Host;
using OpcPortal.Ua;
using OpcPortal.Ua.Client;

namespace OpcPortal.EndToEnd.Tests;

/// <summary>Each party of the demonstration, over the wire with its own certificate, against what matrix.md expects of it.</summary>
public sealed class MatrixTests(DemoFixture demo) : IClassFixture<DemoFixture>
{
    private static readonly ExpectedMatrix Expected = ExpectedMatrix.Read(Repository.Root);

    private readonly CancellationToken _cancellation = TestContext.Current.CancellationToken;

    public static TheoryData<string> Parties => [.. Expected.Parties];

    [Fact]
    public void Every_entity_of_the_demonstration_is_in_the_matrix() =>
        Assert.Equal(DemoEntities.All.Select(entity => entity.Id).Order(StringComparer.Ordinal), Expected.Parties.Where(party => !party.Contains(' ', StringComparison.Ordinal)).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Parties))]
    public async Task A_party_gets_exactly_its_cells(string party)
    {
        await using var session = await ConnectAsync(party);
        var found = await ProbedAccess.FindAsync(session, Expected.Probes, demo.Demo.Portal.Server.Ua, _cancellation);
        var wrong = Expected.Probes.Zip(found, (probe, letters) => (probe, Wanted: Expected.Of(party, probe), Found: letters)).Where(cell => cell.Wanted != cell.Found)
            .Select(cell => $"{cell.probe.Name}: {(cell.Wanted.Length == 0 ? "-" : cell.Wanted)} is right, {(cell.Found.Length == 0 ? "-" : cell.Found)} was found");
        Assert.Empty(wrong);
    }

    private Task<UaSession> ConnectAsync(string party) => party.StartsWith("user ", StringComparison.Ordinal) ? demo.ConnectAsync(party["user ".Length..]) : demo.ConnectAsEntityAsync(party);
}
