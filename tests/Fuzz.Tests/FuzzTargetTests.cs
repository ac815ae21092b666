namespace OpcPortal.Fuzz.Tests;

/// <summary>Every parser with the inputs that fuzzing kept, and with some new ones. A longer run: dotnet run --project tests/Fuzz -- all --seconds 60.</summary>
public sealed class FuzzTargetTests(ITestOutputHelper output)
{
    private const int NewInputs = 2_000;

    /// <summary>On a machine that is busy, fewer new inputs rather than a long wait.</summary>
    private static readonly TimeSpan MaxTime = TimeSpan.FromSeconds(3);

    public static TheoryData<string> Names => [.. FuzzTargets.All.Select(t => t.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_parser_stands_its_corpus_and_what_is_made_of_it(string name)
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var corpus = Corpus.Read(name);

        var report = new FuzzDriver(FuzzTargets.All.Single(t => t.Name == name), seed).Run(corpus, NewInputs, MaxTime);

        Assert.NotEmpty(corpus);
        output.WriteLine($"{corpus.Count} replayed, {report.Inputs} new, {report.Accepted} of them parsed, slowest {report.Slowest}");
    }

    [Fact]
    public void A_corpus_belongs_to_a_target() =>
        Assert.Equal(FuzzTargets.All.Select(t => t.Name).Order(), Directory.GetFiles(Corpus.Root!, "*.txt").Select(Path.GetFileNameWithoutExtension).Order());

    [Fact]
    public void A_target_that_throws_another_exception_is_reported_with_its_input()
    {
        var defect = Assert.Throws<FuzzException>(() => Driver(_ => throw new IndexOutOfRangeException("here")).Check([1, 2, 3]));

        Assert.Contains("IndexOutOfRangeException: here", defect.Message, StringComparison.Ordinal);
        Assert.Contains(Convert.ToBase64String([1, 2, 3]), defect.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_target_that_takes_too_much_memory_is_reported()
    {
        Assert.Equal("accepted", Driver(_ => true).Check([1])[..8]);
        Assert.Contains("bytes allocated", Assert.Throws<FuzzException>(() => Driver(_ => new byte[1_000_000].Length > 0).Check([1])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_target_of_which_no_seed_parses_is_reported() =>
        Assert.Contains("no seed parses", Assert.Throws<FuzzException>(() => Driver(_ => false).Run([], 10, MaxTime)).Message, StringComparison.Ordinal);

    [Fact]
    public void The_same_seed_gives_the_same_inputs()
    {
        static List<string> Inputs()
        {
            var seen = new List<string>();
            Driver(input => { seen.Add(Convert.ToHexString(input)); return true; }).Run([], 200, TimeSpan.FromMinutes(1));
            return seen;
        }

        Assert.Equal(Inputs(), Inputs());
    }

    private static FuzzDriver Driver(Func<byte[], bool> run) => new(new FuzzTarget<FormatException>("test", run, static () => [[1, 2, 3], [4]]), seed: 1);
}
