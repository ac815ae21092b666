using System.Diagnostics;

namespace OpcPortal.Benchmarks;

/// <summary>Times of single operations, kept whole: a run has some hundred thousand.</summary>
internal sealed class Latencies
{
    private readonly List<long> _ticks = new(1 << 20);

    public int Count => _ticks.Count;

    public void Add(long ticks) => _ticks.Add(ticks);

    public void Clear() => _ticks.Clear();

    /// <returns>Microseconds.</returns>
    public double Percentile(double part)
    {
        _ticks.Sort();
        return _ticks.Count == 0 ? 0 : _ticks[(int)Math.Min(_ticks.Count - 1, _ticks.Count * part)] * 1e6 / Stopwatch.Frequency;
    }
}
