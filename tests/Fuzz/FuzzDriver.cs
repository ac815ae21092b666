using System.Diagnostics;
using System.Text.RegularExpressions;

namespace OpcPortal.Fuzz;

/// <summary>What a run came to.</summary>
/// <param name="Accepted">Inputs that parsed.</param>
/// <param name="Kept">Inputs with an outcome that no input before had: the corpus.</param>
/// <param name="Slowest">The longest time that one input took.</param>
public sealed record FuzzReport(int Inputs, int Accepted, IReadOnlyList<byte[]> Kept, TimeSpan Slowest);

/// <summary>
/// Runs a target over mutated inputs. An input with a new outcome (parsed or refused, with which words) joins those that are mutated, so that a run
/// works its way into the parser. The same seed and count give the same inputs.
/// </summary>
public sealed partial class FuzzDriver(IFuzzTarget target, int seed)
{
    /// <summary>Inputs that are mutated further: enough for each outcome of any parser here.</summary>
    private const int MaxPool = 2_000;

    /// <summary>What parses is mutated further now and then, so that inputs drift away from the seeds.</summary>
    private const int AcceptedToKeepOne = 32;

    /// <summary>Where a parser says no more than yes and no, some that parse are kept.</summary>
    private const int MinKept = 8;

    /// <summary>Long beyond what any input of <see cref="Mutator.MaxInputBytes"/> should take, on a machine that is busy.</summary>
    private static readonly TimeSpan MaxTime = TimeSpan.FromSeconds(10);

    private const string Accepted = "accepted", Refused = "refused";

    private readonly Random _random = new(seed);
    private readonly HashSet<string> _outcomes = new(StringComparer.Ordinal);
    private readonly List<byte[]> _parsed = [];
    private readonly List<byte[]> _refused = [];
    private readonly List<byte[]> _kept = [];
    private TimeSpan _slowest;

    /// <param name="corpus">Inputs kept by runs before.</param>
    /// <exception cref="FuzzException">The target does not stand an input.</exception>
    public FuzzReport Run(IEnumerable<byte[]> corpus, int maxInputs, TimeSpan maxTime)
    {
        foreach (var input in target.Seeds.Concat(corpus)) Add(input, Check(input));
        if (_parsed.Count == 0) throw new FuzzException($"{target.Name}: no seed parses; mutation would test the first check only.");
        var mutator = new Mutator(_random, target.Pieces);
        var start = Stopwatch.GetTimestamp();
        var (count, accepted) = (0, 0);
        for (; count < maxInputs && Stopwatch.GetElapsedTime(start) < maxTime; count++)
        {
            var input = mutator.Mutate(Pick(), Pick());
            var outcome = Check(input);
            if (outcome == Accepted) accepted++;
            var isNew = !_outcomes.Contains(outcome);
            if (!isNew && (outcome != Accepted || _random.Next(AcceptedToKeepOne) > 0)) continue;
            if (isNew || _kept.Count < MinKept) _kept.Add(input);
            Add(input, outcome);
        }

        return new FuzzReport(count, accepted, _kept, _slowest);
    }

    private void Add(byte[] input, string outcome)
    {
        _outcomes.Add(outcome);
        var pool = outcome == Accepted ? _parsed : _refused;
        if (pool.Count < MaxPool) pool.Add(input);
        else pool[_random.Next(pool.Count)] = input;
    }

    // What parses leads further than what does not; but a refusal late in the input is worth a step too.
    private byte[] Pick()
    {
        var pool = _refused.Count == 0 || _random.Next(4) > 0 ? _parsed : _refused;
        return pool[_random.Next(pool.Count)];
    }

    /// <summary>Runs one input.</summary>
    /// <returns>What came of it, in words that are the same for inputs that are alike.</returns>
    public string Check(byte[] input)
    {
        var (outcome, bytes) = Measure(input);
        var limit = target.MaxAllocatedBytes(input.Length);
        // The first time, a path may load resources and types; what the input itself costs shows the second time.
        if (bytes > limit) bytes = Measure(input).Bytes;
        return bytes <= limit ? outcome : throw Defect(input, $"{bytes} bytes allocated for an input of {input.Length}; {limit} are allowed");
    }

    private (string Outcome, long Bytes) Measure(byte[] input)
    {
        var copy = (byte[])input.Clone(); // Some parsers decrypt in place.
        var outcome = Accepted;
        var start = Stopwatch.GetTimestamp();
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            if (!target.Run(copy)) outcome = Refused;
        }
        catch (Exception e) when (target.IsRefusal(e))
        {
            outcome = Refused + Words(e.Message);
        }
        catch (Exception e)
        {
            throw Defect(input, e is FuzzException ? e.Message : $"{e.GetType().Name}: {e.Message}", e);
        }

        var bytes = GC.GetAllocatedBytesForCurrentThread() - before;
        var time = Stopwatch.GetElapsedTime(start);
        if (time > MaxTime) throw Defect(input, $"{time.TotalSeconds:F1} s");
        if (time > _slowest) _slowest = time;
        return (outcome, bytes);
    }

    private FuzzException Defect(byte[] input, string what, Exception? inner = null) =>
        new($"{target.Name}, seed {seed}: {what}\ninput ({input.Length} bytes, Base64): {Convert.ToBase64String(input)}", inner);

    // What depends on the input alone, numbers and quoted text, would make every outcome a new one; so would what follows the first words.
    private static string Words(string message)
    {
        var words = WhatVaries().Replace(message[..Math.Min(message.Length, 160)], "");
        return words[..Math.Min(words.Length, 28)];
    }

    [GeneratedRegex(@"'.*('|$)|\S*\d\S*", RegexOptions.Singleline)]
    private static partial Regex WhatVaries();
}
