namespace OpcPortal.Models;

/// <summary>
/// What is withheld although it may be read. Where reading, watching and history were decided by different rules, the fields are the tighter of them, so that whoever heeds them
/// gives too much in no case; <see cref="For"/> tells what binds the one operation.
/// </summary>
/// <param name="MinimumQuality">Worse readings are withheld.</param>
/// <param name="NotBefore">Readings of before are another's, UTC.</param>
/// <param name="HistoryDepth">How far back history goes; null: without bound.</param>
public sealed record ReadTerms(QualityLevel MinimumQuality, DateTime NotBefore, TimeSpan? HistoryDepth)
{
    /// <summary>Nothing is withheld.</summary>
    public static ReadTerms Unbound { get; } = new(QualityLevel.Any, DateTime.MinValue, null);

    // Null: as all of them together.
    internal ReadTerms? Reading { get; init; }
    internal ReadTerms? Watching { get; init; }
    internal ReadTerms? History { get; init; }

    /// <param name="operation">Read, Subscribe or ReadHistory; for any other the terms of all together.</param>
    /// <returns>The terms of that operation alone.</returns>
    public ReadTerms For(Operations operation) => operation switch
    {
        Operations.Read => Reading ?? this,
        Operations.Subscribe => Watching ?? this,
        Operations.ReadHistory => History ?? this,
        _ => this,
    };

    /// <summary>Whether a reading taken at <paramref name="sourceTime"/>, UTC, is the subject's to see, as far as time goes.</summary>
    public bool Shows(DateTime sourceTime) => sourceTime >= NotBefore;
}
