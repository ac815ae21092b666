namespace OpcPortal.Cli.Values;

/// <summary>The last values of a number as a row of bars.</summary>
internal sealed class Sparkline
{
    public const int Width = 24;

    private const string Bars = "▁▂▃▄▅▆▇█";

    private readonly Queue<double> _values = new(Width);

    public void Add(double value)
    {
        if (!double.IsFinite(value)) return;
        if (_values.Count == Width) _values.Dequeue();
        _values.Enqueue(value);
    }

    /// <summary>The smallest value shown is the lowest bar, the largest the highest; values that are all the same lie in the middle.</summary>
    public override string ToString()
    {
        if (_values.Count == 0) return "";
        var (low, high) = (_values.Min(), _values.Max());
        return string.Concat(_values.Select(v => Bars[high == low ? Bars.Length / 2 : (int)Math.Round((v - low) / (high - low) * (Bars.Length - 1))]));
    }
}
