using CsCheck;

namespace OpcPortal.Ua.Server.Tests.Aggregates;

/// <summary>What holds of aggregates whatever the values: sums of parts, directions, pages. CsCheck prints the seed of a case that fails.</summary>
public sealed class AggregateProperties
{
    private const int Step = 20;
    private const int Intervals = 6;

    private static readonly DateTime Begin = Part13Examples.Noon;

    private static readonly Gen<StatusCode> AnyStatus = Gen.Frequency(
        (6, Gen.Const((StatusCode)StatusCodes.Good)), (1, Gen.Const((StatusCode)StatusCodes.UncertainSubstituteValue)), (1, Gen.Const((StatusCode)StatusCodes.BadSensorFailure)));

    private static readonly Gen<HistoryTraits> AnyTraits = Gen.Select(Gen.Bool, Gen.Bool, Gen.Bool, static (stepped, uncertainIsBad, sloped) => new HistoryTraits
    {
        IsStepped = stepped,
        Aggregates = new AggregateConfiguration { TreatUncertainAsBad = uncertainIsBad, PercentDataBad = 100, PercentDataGood = 100, UseSlopedExtrapolation = sloped },
    });

    /// <summary>Values from before the first interval to after the last, at whole seconds, so that some lie on edges.</summary>
    private static Gen<DataValue[]> Values(Gen<StatusCode> status) =>
        Gen.Select(Gen.Int[1, 15], Gen.Int[-100, 100], status).Array[60].Select(static steps =>
        {
            var seconds = -30;
            return Array.ConvertAll(steps, step => new DataValue((double)step.Item2, step.Item3, Begin.AddSeconds(seconds += step.Item1)));
        }).Where(static values => values[^1].SourceTimestamp > Begin.AddSeconds((Step * Intervals) + 1));

    private static readonly Gen<(HistoryTraits Traits, DataValue[] Values)> Any = Gen.Select(AnyTraits, Values(AnyStatus));
    private static readonly Gen<(HistoryTraits Traits, DataValue[] Values)> AllGood = Gen.Select(AnyTraits, Values(Gen.Const((StatusCode)StatusCodes.Good)));

    private static DataValue[] Read(HistoryTraits traits, DataValue[] values, NodeId aggregate, double interval = Step, bool backward = false, int pageSize = int.MaxValue, int limit = int.MaxValue)
    {
        var history = new ListedHistory(values, pageSize) { Traits = traits };
        var end = Begin.AddSeconds(Step * Intervals);
        var details = new ReadProcessedDetails
        {
            StartTime = backward ? end : Begin,
            EndTime = backward ? Begin : end,
            ProcessingInterval = interval * 1_000,
            AggregateType = [aggregate],
            AggregateConfiguration = new AggregateConfiguration { UseServerCapabilitiesDefaults = true },
        };
        Assert.Equal(StatusCodes.Good, ProcessedHistory.TryStart(details, 0, traits, out var calculation).Code);
        var results = new List<DataValue>();
        while (calculation!.HasMore)
        {
            // The history is in memory: nothing is waited for.
            var next = calculation.NextAsync(history, limit, TestContext.Current.CancellationToken);
            Assert.True(next.IsCompletedSuccessfully);
            results.AddRange(next.Result);
        }

        return [.. results];
    }

    private static double Number(DataValue value) => value.Value.TryGetNumber(out var number) ? number : double.NaN;

    private static bool IsNear(double left, double right) => Math.Abs(left - right) <= 1e-6 * Math.Max(1, Math.Abs(left));

    [Fact]
    public void What_is_constant_has_itself_for_every_mean_and_nothing_for_every_spread() => AllGood.Sample(static world =>
    {
        var constant = Array.ConvertAll(world.Values, static value => value with { Value = 42.0 });
        foreach (var aggregate in new uint[] { ObjectIds.AggregateFunction_TimeAverage, ObjectIds.AggregateFunction_TimeAverage2, ObjectIds.AggregateFunction_Interpolative, ObjectIds.AggregateFunction_Minimum2 })
            Assert.All(Read(world.Traits, constant, aggregate), static value => Assert.Equal(42, Number(value), 9));
        foreach (var aggregate in new uint[] { ObjectIds.AggregateFunction_Range2, ObjectIds.AggregateFunction_DeltaBounds, ObjectIds.AggregateFunction_NumberOfTransitions })
            Assert.All(Read(world.Traits, constant, aggregate), static value => Assert.Equal(0, Number(value), 9));
        Assert.All(Read(world.Traits, constant, ObjectIds.AggregateFunction_Average), static value => Assert.True(value.StatusCode.IsBad || Number(value) == 42));
    });

    [Fact]
    public void Counts_and_totals_of_parts_add_up_to_that_of_the_whole() => AllGood.Sample(static world =>
    {
        foreach (var aggregate in new uint[]
        {
            ObjectIds.AggregateFunction_Count, ObjectIds.AggregateFunction_NumberOfTransitions, ObjectIds.AggregateFunction_Total, ObjectIds.AggregateFunction_Total2,
            ObjectIds.AggregateFunction_DurationGood, ObjectIds.AggregateFunction_DeltaBounds,
        })
        {
            // A total of lines is cut where they are cut; one of a stepped variable by lines is not asked for.
            var whole = Number(Read(world.Traits, world.Values, aggregate, interval: 0)[0]);
            Assert.True(IsNear(whole, Read(world.Traits, world.Values, aggregate).Sum(Number)), aggregate.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }
    });

    [Fact]
    public void A_total_is_the_average_by_time_times_the_seconds() => AllGood.Sample(static world =>
    {
        var totals = Read(world.Traits, world.Values, ObjectIds.AggregateFunction_Total2);
        var averages = Read(world.Traits, world.Values, ObjectIds.AggregateFunction_TimeAverage2);
        Assert.All(totals.Zip(averages), static pair => Assert.True(IsNear(Number(pair.First), Number(pair.Second) * Step)));
    });

    [Fact]
    public void Time_that_runs_backward_gives_the_same_areas_and_durations() => Any.Sample(static world =>
    {
        foreach (var aggregate in new uint[]
        {
            ObjectIds.AggregateFunction_TimeAverage, ObjectIds.AggregateFunction_TimeAverage2, ObjectIds.AggregateFunction_Total, ObjectIds.AggregateFunction_Total2,
            ObjectIds.AggregateFunction_DurationGood, ObjectIds.AggregateFunction_DurationBad, ObjectIds.AggregateFunction_PercentGood, ObjectIds.AggregateFunction_PercentBad,
            ObjectIds.AggregateFunction_DurationInStateZero, ObjectIds.AggregateFunction_DurationInStateNonZero,
        })
        {
            var forward = Read(world.Traits, world.Values, aggregate);
            var backward = Read(world.Traits, world.Values, aggregate, backward: true);
            Array.Reverse(backward);
            Assert.All(forward.Zip(backward), static pair =>
            {
                Assert.Equal(pair.First.SourceTimestamp.AddSeconds(Step), pair.Second.SourceTimestamp);
                Assert.True(pair.First.Value.IsNull ? pair.Second.Value.IsNull : IsNear(Number(pair.First), Number(pair.Second)));
            });
        }
    });

    [Fact]
    public void Pages_of_whatever_size_give_the_same() => Gen.Select(Any, Gen.Int[1, 7], Gen.Int[1, 4], Gen.Bool).Sample(static (world, pageSize, limit, backward) =>
    {
        foreach (var aggregate in AggregateCatalog.Supported)
            Assert.Equal(Read(world.Traits, world.Values, aggregate, backward: backward), Read(world.Traits, world.Values, aggregate, Step, backward, pageSize, limit));
    }, iter: 50);

    [Fact]
    public void Good_and_bad_time_are_no_more_than_all_of_it_and_percentages_are_their_shares() => Any.Sample(static world =>
    {
        var good = Read(world.Traits, world.Values, ObjectIds.AggregateFunction_DurationGood);
        var bad = Read(world.Traits, world.Values, ObjectIds.AggregateFunction_DurationBad);
        var share = Read(world.Traits, world.Values, ObjectIds.AggregateFunction_PercentGood);
        for (var i = 0; i < good.Length; i++)
        {
            if (good[i].StatusCode.IsBad) continue;
            Assert.InRange(Number(good[i]) + Number(bad[i]), 0, Step * 1_000);
            Assert.True(IsNear(Number(share[i]), Number(good[i]) / (Step * 10)));
        }
    });

    [Fact]
    public void Extremes_bound_every_mean() => AllGood.Sample(static world =>
    {
        var least = Read(world.Traits, world.Values, ObjectIds.AggregateFunction_Minimum2);
        var greatest = Read(world.Traits, world.Values, ObjectIds.AggregateFunction_Maximum2);
        var mean = Read(world.Traits, world.Values, ObjectIds.AggregateFunction_TimeAverage2);
        for (var i = 0; i < mean.Length; i++)
            if (mean[i].StatusCode.IsGood) Assert.InRange(Number(mean[i]), Number(least[i]) - 1e-9, Number(greatest[i]) + 1e-9);
    });
}
