using System.Runtime.InteropServices;
using OpcPortal.Models;
using OpcPortal.Ua;

namespace OpcPortal.Server;

/// <summary>A sum over customers as its readers get it: both are without data where the floor is not met.</summary>
/// <param name="Value">The sum, a Double.</param>
/// <param name="Customers">Of how many, a UInt32.</param>
internal readonly record struct CustomerSum(DataValue Value, DataValue Customers);

/// <summary>
/// Adds up readings of many customers and says what may be told of them: nothing where fewer take part than the floor demands, or where one has a larger part than it allows. Of which of the
/// two it was nothing is told: "14 are too few" tells a grantee who knows 13 of them something of the last.
/// </summary>
internal sealed class CustomerTally(AggregationFloor floor)
{
    // Shares are quotients of sums of doubles: who has exactly the largest part allowed is not refused for the last bits.
    private const double Rounding = 1 + 1e-9;

    // By party: the sum of the magnitudes of what is measured at all of a customer's premises.
    private readonly Dictionary<int, double> _parts = [];
    private double _sum;
    private bool _isSubNormal;

    /// <summary>Takes a reading of a customer in; what is bad or withheld does not take part.</summary>
    /// <param name="terms">By which the reading may be taken; null: nothing is withheld.</param>
    public void Add(int customer, in StoredReading reading, PointConversion conversion, ReadTerms? terms)
    {
        var value = ValueWatcher.ToDataValue(reading, conversion, terms);
        if (value.StatusCode.IsBad || !reading.Value.TryGetNumber(out var number) || !double.IsFinite(number))
        {
            _isSubNormal = true;
            return;
        }

        if (!value.StatusCode.IsGood) _isSubNormal = true;
        _sum += number;
        CollectionsMarshal.GetValueRefOrAddDefault(_parts, customer, out _) += Math.Abs(number);
    }

    /// <summary>Something is missing that cannot be added up with the rest.</summary>
    public void LeaveOut() => _isSubNormal = true;

    /// <summary>What may be told.</summary>
    public CustomerSum ToSum(DateTime at)
    {
        if (!IsMet()) return new CustomerSum(ReadingTerms.Withheld, ReadingTerms.Withheld);
        // Part 8 7.3.2, UncertainSubNormal: derived from several sources, fewer of them Good than there should be.
        StatusCode status = _isSubNormal ? StatusCodes.UncertainSubNormal : StatusCodes.Good;
        return new CustomerSum(new DataValue(new Variant(_sum), status, at, at), new DataValue(new Variant((uint)_parts.Count), StatusCodes.Good, at, at));
    }

    private bool IsMet()
    {
        if (_parts.Count < floor.MinCustomers) return false;
        double total = 0, largest = 0;
        foreach (var part in _parts.Values)
        {
            total += part;
            largest = Math.Max(largest, part);
        }

        // Nothing from everybody is the value of each of them.
        return total > 0 && double.IsFinite(total) && largest <= floor.MaxShare * total * Rounding;
    }
}
