namespace OpcPortal.Adapters;

/// <summary>
/// Gives devices and points their numbers in the fleet: dense, the same for the same names. The server implements it; it is asked only for what has passed every check, so that
/// nothing refused gets a number.
/// </summary>
public interface IFleetNumbers
{
    int Device(string portal, string device);
    int Point(string portal, string device, string point);
}

/// <summary>Numbers in the order of asking, from 0: for tools and tests that have no fleet. Not thread-safe.</summary>
public sealed class SequentialFleetNumbers : IFleetNumbers
{
    private readonly Dictionary<(string, string), int> _devices = [];
    private readonly Dictionary<(string, string, string), int> _points = [];

    public int Device(string portal, string device) => Number(_devices, (portal, device));
    public int Point(string portal, string device, string point) => Number(_points, (portal, device, point));

    private static int Number<T>(Dictionary<T, int> numbers, T key)
        where T : notnull
    {
        if (!numbers.TryGetValue(key, out var number)) numbers.Add(key, number = numbers.Count);
        return number;
    }
}
