namespace OpcPortal.Models;

/// <summary>Who asks: an entity, through which of its applications and individuals.</summary>
/// <param name="Entity">Null: nobody that is known, who may do nothing.</param>
/// <param name="Kind">The id of the entity's kind.</param>
/// <param name="Application">The id of the application; null where an unregistered program is used by a known individual.</param>
/// <param name="Individual">The id of the individual; null where a program acts by itself.</param>
/// <param name="Power">The individual's power as a manager.</param>
public sealed record AccessSubject(string? Entity, string? Kind = null, string? Application = null, string? Individual = null, ManagerPower Power = ManagerPower.None)
{
    /// <summary>Purposes that the application is registered for; empty: any.</summary>
    public IReadOnlyList<string> Purposes { get; init; } = [];

    public static AccessSubject Nobody { get; } = new((string?)null);

    /// <summary>Two subjects are one where the same entity acts through the same application and individual.</summary>
    public bool Equals(AccessSubject? other) => other is not null && Entity == other.Entity && Kind == other.Kind && Application == other.Application && Individual == other.Individual && Power == other.Power;

    public override int GetHashCode() => HashCode.Combine(Entity, Kind, Application, Individual, Power);
}
