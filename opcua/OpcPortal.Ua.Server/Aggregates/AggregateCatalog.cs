using System.Collections.Frozen;

namespace OpcPortal.Ua.Server;

/// <summary>The aggregates of Part 13, all of them: by the NodeIds of their AggregateFunction Objects. Part 13 4.2.2.2.</summary>
internal static class AggregateCatalog
{
    private static readonly FrozenDictionary<NodeId, Func<AggregateRules, AggregateCalculator>> Calculators = new Dictionary<NodeId, Func<AggregateRules, AggregateCalculator>>
    {
        [ObjectIds.AggregateFunction_Interpolative] = static rules => new InterpolativeCalculator(rules),
        [ObjectIds.AggregateFunction_Average] = static rules => new AverageCalculator(rules),
        [ObjectIds.AggregateFunction_TimeAverage] = static rules => new InterpolatedAreaCalculator(rules, isTotal: false),
        [ObjectIds.AggregateFunction_TimeAverage2] = static rules => new TimeWeightedCalculator(rules, isTotal: false),
        [ObjectIds.AggregateFunction_Total] = static rules => new InterpolatedAreaCalculator(rules, isTotal: true),
        [ObjectIds.AggregateFunction_Total2] = static rules => new TimeWeightedCalculator(rules, isTotal: true),
        [ObjectIds.AggregateFunction_Minimum] = static rules => new ExtremeCalculator(rules, ExtremeResult.Minimum, atActualTime: false),
        [ObjectIds.AggregateFunction_Maximum] = static rules => new ExtremeCalculator(rules, ExtremeResult.Maximum, atActualTime: false),
        [ObjectIds.AggregateFunction_MinimumActualTime] = static rules => new ExtremeCalculator(rules, ExtremeResult.Minimum, atActualTime: true),
        [ObjectIds.AggregateFunction_MaximumActualTime] = static rules => new ExtremeCalculator(rules, ExtremeResult.Maximum, atActualTime: true),
        [ObjectIds.AggregateFunction_Range] = static rules => new ExtremeCalculator(rules, ExtremeResult.Range, atActualTime: false),
        [ObjectIds.AggregateFunction_Minimum2] = static rules => new BoundedExtremeCalculator(rules, ExtremeResult.Minimum, atActualTime: false),
        [ObjectIds.AggregateFunction_Maximum2] = static rules => new BoundedExtremeCalculator(rules, ExtremeResult.Maximum, atActualTime: false),
        [ObjectIds.AggregateFunction_MinimumActualTime2] = static rules => new BoundedExtremeCalculator(rules, ExtremeResult.Minimum, atActualTime: true),
        [ObjectIds.AggregateFunction_MaximumActualTime2] = static rules => new BoundedExtremeCalculator(rules, ExtremeResult.Maximum, atActualTime: true),
        [ObjectIds.AggregateFunction_Range2] = static rules => new BoundedExtremeCalculator(rules, ExtremeResult.Range, atActualTime: false),
        [ObjectIds.AggregateFunction_Count] = static rules => new CountCalculator(rules),
        [ObjectIds.AggregateFunction_DurationInStateZero] = static rules => new StateDurationCalculator(rules, ofZero: true),
        [ObjectIds.AggregateFunction_DurationInStateNonZero] = static rules => new StateDurationCalculator(rules, ofZero: false),
        [ObjectIds.AggregateFunction_NumberOfTransitions] = static rules => new TransitionCalculator(rules),
        [ObjectIds.AggregateFunction_Start] = static rules => new EndpointCalculator(rules, EndpointResult.Start),
        [ObjectIds.AggregateFunction_End] = static rules => new EndpointCalculator(rules, EndpointResult.End),
        [ObjectIds.AggregateFunction_Delta] = static rules => new EndpointCalculator(rules, EndpointResult.Delta),
        [ObjectIds.AggregateFunction_StartBound] = static rules => new BoundCalculator(rules, EndpointResult.Start),
        [ObjectIds.AggregateFunction_EndBound] = static rules => new BoundCalculator(rules, EndpointResult.End),
        [ObjectIds.AggregateFunction_DeltaBounds] = static rules => new BoundCalculator(rules, EndpointResult.Delta),
        [ObjectIds.AggregateFunction_DurationGood] = static rules => new QualityDurationCalculator(rules, ofBad: false, isPercent: false),
        [ObjectIds.AggregateFunction_DurationBad] = static rules => new QualityDurationCalculator(rules, ofBad: true, isPercent: false),
        [ObjectIds.AggregateFunction_PercentGood] = static rules => new QualityDurationCalculator(rules, ofBad: false, isPercent: true),
        [ObjectIds.AggregateFunction_PercentBad] = static rules => new QualityDurationCalculator(rules, ofBad: true, isPercent: true),
        [ObjectIds.AggregateFunction_WorstQuality] = static rules => new WorstQualityCalculator(rules, withBounds: false),
        [ObjectIds.AggregateFunction_WorstQuality2] = static rules => new WorstQualityCalculator(rules, withBounds: true),
        [ObjectIds.AggregateFunction_StandardDeviationSample] = static rules => new DeviationCalculator(rules, isSample: true, isVariance: false),
        [ObjectIds.AggregateFunction_StandardDeviationPopulation] = static rules => new DeviationCalculator(rules, isSample: false, isVariance: false),
        [ObjectIds.AggregateFunction_VarianceSample] = static rules => new DeviationCalculator(rules, isSample: true, isVariance: true),
        [ObjectIds.AggregateFunction_VariancePopulation] = static rules => new DeviationCalculator(rules, isSample: false, isVariance: true),
    }.ToFrozenDictionary();

    /// <summary>Counts what people noted, not values: it needs a history that keeps annotations.</summary>
    public static readonly NodeId AnnotationCount = ObjectIds.AggregateFunction_AnnotationCount;

    /// <summary>The AggregateFunction Objects of all that is calculated, in the order of their numbers.</summary>
    public static IReadOnlyList<NodeId> Supported { get; } = [.. Calculators.Keys.Append(AnnotationCount).OrderBy(static id => id.Numeric)];

    public static bool IsSupported(in NodeId aggregate) => aggregate == AnnotationCount || Calculators.ContainsKey(aggregate);

    /// <returns>Null for what is no aggregate over values.</returns>
    public static AggregateCalculator? TryCreate(in NodeId aggregate, AggregateRules rules) => Calculators.TryGetValue(aggregate, out var create) ? create(rules) : null;
}
