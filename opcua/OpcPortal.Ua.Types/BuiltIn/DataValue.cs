namespace OpcPortal.Ua;

/// <summary>
/// A value with its quality and times. A time of <see cref="DateTime.MinValue"/> is absent; times are UTC. Part 4 7.11.
/// Picoseconds count tens of picoseconds, 0 to 9,999.
/// </summary>
public readonly struct DataValue : IEquatable<DataValue>
{
    public DataValue(Variant value, StatusCode statusCode = default, DateTime sourceTimestamp = default, DateTime serverTimestamp = default)
    {
        Value = value;
        StatusCode = statusCode;
        SourceTimestamp = sourceTimestamp;
        ServerTimestamp = serverTimestamp;
    }

    public Variant Value { get; init; }
    public StatusCode StatusCode { get; init; }
    public DateTime SourceTimestamp { get; init; }
    public DateTime ServerTimestamp { get; init; }
    public ushort SourcePicoseconds { get; init; }
    public ushort ServerPicoseconds { get; init; }

    /// <summary>A value that is not there, and why.</summary>
    public static DataValue FromStatus(StatusCode status) => new(default, status);

    public bool Equals(DataValue other) =>
        StatusCode == other.StatusCode && SourceTimestamp == other.SourceTimestamp && ServerTimestamp == other.ServerTimestamp
        && SourcePicoseconds == other.SourcePicoseconds && ServerPicoseconds == other.ServerPicoseconds && Value.Equals(other.Value);

    public override bool Equals(object? obj) => obj is DataValue other && Equals(other);
    public override int GetHashCode() => HashCode.Combine(StatusCode, SourceTimestamp, Value);
    public static bool operator ==(DataValue left, DataValue right) => left.Equals(right);
    public static bool operator !=(DataValue left, DataValue right) => !left.Equals(right);

    public override string ToString() => StatusCode.IsGood ? Value.ToString() : $"{Value} [{StatusCode}]";
}
