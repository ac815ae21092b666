using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using OpcPortal.Models;

namespace OpcPortal.Benchmarks;

/// <summary>
/// <c>access</c>: what a decision costs that nobody made before, and what it takes to get ready for decisions, without a server. A line of JSON for each policy. Wall time, the best of several rounds, so that
/// what else runs on the machine counts little.
/// </summary>
internal static class AccessCommand
{
    private const int Rounds = 7;
    private const int Targets = 20_000;

    public static Command Create()
    {
        var command = new Command("access", "Measures access decisions over 10,000 agreements, without a server.");
        command.SetAction(_ => RunAsync());
        return command;
    }

    private static async Task<int> RunAsync()
    {
        var world = new AccessWorld();
        await MeasureAsync("one aggregator, 10,000 customers", AccessWorld.OneAggregator, world, world.Load).ConfigureAwait(false);
        await MeasureAsync("one owner, 10,000 portals", AccessWorld.OneOwner, world, world.Meter).ConfigureAwait(false);
        await MeasureAsync("100 grantees, 10,000 agreements", AccessWorld.Many, world, world.Load).ConfigureAwait(false);
        return 0;
    }

    private static Task MeasureAsync(string name, PolicyDocument policy, AccessWorld world, Func<int, AccessTarget> targetOf)
    {
        var rules = AccessRules.Compile(policy, world, AccessWorld.Now);
        var subject = rules.For(AccessWorld.Aggregator);
        // Half of them are given, half are others'.
        var targets = Enumerable.Range(0, Targets).Select(i => targetOf(i % 2 == 0 ? i / 2 : AccessWorld.Premises - 1 - i)).ToArray();
        var allowed = Count(subject, targets);
        var bytes = GC.GetAllocatedBytesForCurrentThread();
        Count(subject, targets);
        bytes = GC.GetAllocatedBytesForCurrentThread() - bytes;
        return Console.Out.WriteLineAsync(JsonSerializer.Serialize(new
        {
            policy = name,
            agreements = policy.Agreements.Count,
            rules = policy.Rules.Count,
            compileMs = Math.Round(Best(() => AccessRules.Compile(policy, world, AccessWorld.Now)) / 1e6, 1),
            subjectMs = Math.Round(Best(() => rules.For(AccessWorld.Aggregator)) / 1e6, 1),
            allowed,
            of = Targets,
            decisionNs = Math.Round(Best(() => Count(subject, targets)) / Targets, 1),
            bytesPerDecision = Math.Round(bytes / (double)Targets, 2),
        }));
    }

    private static int Count(SubjectRules subject, AccessTarget[] targets)
    {
        var allowed = 0;
        foreach (ref readonly var target in targets.AsSpan())
        {
            if (subject.Permit(target).Allowed != Operations.None) allowed++;
        }

        return allowed;
    }

    // Nanoseconds of the best round, after as many to warm up.
    private static double Best<T>(Func<T> work)
    {
        var best = double.MaxValue;
        for (var round = 0; round < 2 * Rounds; round++)
        {
            var begin = Stopwatch.GetTimestamp();
            work();
            var spent = Stopwatch.GetElapsedTime(begin).TotalNanoseconds;
            if (round >= Rounds) best = Math.Min(best, spent);
        }

        return best;
    }
}
