using OpcPortal.Models;
using OpcPortal.Ua;

namespace OpcPortal.Server.Tests;

/// <summary>portal-model.md, "Agreements": an aggregation floor such as "at least 15 customers, none above 15 %".</summary>
public sealed class CustomerTallyTests
{
    private static readonly DateTime Noon = new(2030, 1, 1, 12, 0, 0, DateTimeKind.Utc);
    private static readonly PointConversion Real = new(BuiltInType.Double, null, 0);
    private static readonly AggregationFloor Floor = new(15, 0.15);

    [Fact]
    public void Fourteen_customers_are_too_few_and_fifteen_are_enough()
    {
        AssertWithheld(Sum([.. Enumerable.Repeat(2.0, 14)]));
        AssertSum(30, 15, Sum([.. Enumerable.Repeat(2.0, 15)]));
    }

    [Fact]
    public void A_part_of_exactly_15_percent_passes_and_a_larger_one_does_not()
    {
        AssertSum(100, 18, Sum([15, .. Enumerable.Repeat(5.0, 17)]));
        AssertWithheld(Sum([15.01, .. Enumerable.Repeat(5.0, 17)]));
        // 85 tenths add up to a little less than 8.5 in binary.
        Assert.Equal(StatusCodes.Good, Sum([1.5, .. Enumerable.Repeat(0.1, 85)]).Value.StatusCode);
        AssertWithheld(Sum([1.501, .. Enumerable.Repeat(0.1, 85)]));
    }

    [Fact]
    public void Who_feeds_in_has_a_part_by_its_magnitude()
    {
        // The sum is 20; of the magnitudes, 70, the generator's 25 are more than a third.
        AssertWithheld(Sum([-25, .. Enumerable.Repeat(3.0, 15)]));
        AssertSum(41, 16, Sum([-4, .. Enumerable.Repeat(3.0, 15)]));
    }

    [Fact]
    public void What_one_customer_has_in_two_places_is_the_part_of_one()
    {
        var tally = new CustomerTally(Floor);
        for (var meter = 0; meter < 15; meter++) Add(tally, meter / 2, 1);
        AssertWithheld(tally.ToSum(Noon));
        for (var customer = 100; customer < 107; customer++) Add(tally, customer, 1);
        AssertSum(22, 15, tally.ToSum(Noon));
        // Two places with 2 each are more than 15 % of 26 together, though neither is.
        Add(tally, 100, 1);
        Add(tally, 100, 2);
        AssertWithheld(tally.ToSum(Noon));
    }

    [Fact]
    public void What_is_bad_or_withheld_takes_no_part_and_the_sum_of_the_rest_is_uncertain()
    {
        var terms = new ReadTerms(QualityLevel.Valid, Noon.AddHours(-1), null);
        foreach (var left in (StoredReading[])
                 [
                     new(PointValue.From(7.0), Noon, Noon, ReadingStatus.BadNoCommunication, default), new(PointValue.From(7.0), Noon, Noon, ReadingStatus.Good, new QualityCode(QualityOrigin.Other, QualityCode.Estimated, 0)),
                     new(PointValue.From(7.0), Noon.AddHours(-2), Noon, ReadingStatus.Good, default), new(PointValue.From(double.NaN), Noon, Noon, ReadingStatus.Good, default), new(default, default, default, ReadingStatus.BadWaitingForInitialData, default),
                 ])
        {
            var tally = Of(14);
            tally.Add(14, left, Real, terms);
            AssertWithheld(tally.ToSum(Noon));
            Add(tally, 15, 1);
            AssertSum(15, 15, tally.ToSum(Noon), StatusCodes.UncertainSubNormal);
        }

        AssertSum(15, 15, Of(15).ToSum(Noon));
    }

    [Fact]
    public void That_nobody_takes_anything_is_not_told_for_it_is_what_each_of_them_takes()
    {
        AssertWithheld(Sum([.. Enumerable.Repeat(0.0, 20)]));
        // One alone has all of it.
        AssertWithheld(Sum([1, .. Enumerable.Repeat(0.0, 20)]));
    }

    private static CustomerSum Sum(double[] parts)
    {
        var tally = new CustomerTally(Floor);
        for (var i = 0; i < parts.Length; i++) Add(tally, i, parts[i]);
        return tally.ToSum(Noon);
    }

    private static CustomerTally Of(int customers)
    {
        var tally = new CustomerTally(Floor);
        for (var i = 0; i < customers; i++) Add(tally, i, 1);
        return tally;
    }

    private static void Add(CustomerTally tally, int customer, double value) => tally.Add(customer, new StoredReading(PointValue.From(value), Noon, Noon, ReadingStatus.Good, default), Real, null);

    private static void AssertSum(double value, uint customers, CustomerSum sum, uint status = StatusCodes.Good)
    {
        Assert.Equal(new StatusCode(status), sum.Value.StatusCode);
        Assert.Equal(value, sum.Value.Value.AsDouble(), 1e-9);
        Assert.Equal(customers, sum.Customers.Value.AsUInt32());
        Assert.Equal(Noon, sum.Value.SourceTimestamp);
    }

    // Neither how many there are nor when it was added up tells which of the two conditions failed.
    private static void AssertWithheld(CustomerSum sum) => Assert.Equal((DataValue.FromStatus(StatusCodes.BadNoData), DataValue.FromStatus(StatusCodes.BadNoData)), (sum.Value, sum.Customers));
}
