namespace OpcPortal.Adapters.Modbus;

/// <summary>From the number in the register to the engineering unit: raw x scale + offset.</summary>
public readonly record struct Scaling
{
    // 10^22 is the greatest power of ten that a double holds exactly.
    private const int MaxExactPower = 22;

    private readonly double _factor;
    private readonly bool _divides;

    /// <exception cref="ArgumentOutOfRangeException">A scale of 0 or no finite number.</exception>
    public Scaling(double scale, double offset)
    {
        if (scale == 0 || !double.IsFinite(scale)) throw new ArgumentOutOfRangeException(nameof(scale));
        Scale = scale;
        Offset = offset;

        // 0.1 has no exact binary form but 10 has: 2301 / 10 is the number nearest to 230.1, 2301 x 0.1 is not.
        var inverse = Math.Round(1 / scale);
        _divides = Math.Abs(scale) < 1 && IsPowerOfTen(Math.Abs(inverse)) && 1 / inverse == scale;
        _factor = _divides ? inverse : scale;
    }

    public static Scaling None => new(1, 0);

    public double Scale { get; }

    public double Offset { get; }

    public bool IsNone => Scale == 1 && Offset == 0;

    public double ToUnit(double raw) => (_divides ? raw / _factor : raw * _factor) + Offset;

    public double ToRaw(double unit) => _divides ? (unit - Offset) * _factor : (unit - Offset) / _factor;

    private static bool IsPowerOfTen(double number)
    {
        var power = Math.Round(Math.Log10(number));
        return power is >= 1 and <= MaxExactPower && Math.Pow(10, power) == number;
    }
}
