using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>When the next entity, application or individual begins or ceases to be active: sessions are then asked anew. Used by one at a time.</summary>
internal sealed class IdentityDates
{
    private bool _isKnown;

    public DateTime Next { get; private set; }

    /// <summary>Looks again where there is a reason to: a million customers are not walked over each time.</summary>
    public void Update(DirectoryTables tables, IReadOnlyList<DirectoryChange> changes, DateTime now)
    {
        if (_isKnown && Next > now && !changes.Any(change => change.Touches<Entity>() || change.Touches<EntityApplication>() || change.Touches<Individual>())) return;
        var next = DateTime.MaxValue;
        foreach (var entity in tables.Entities.Values) next = Earlier(next, entity.Active.NextChange(now));
        foreach (var application in tables.Applications.Values) next = Earlier(next, application.Active.NextChange(now));
        foreach (var individual in tables.Individuals.Values) next = Earlier(next, individual.Active.NextChange(now));
        Next = next;
        _isKnown = true;
    }

    private static DateTime Earlier(DateTime one, DateTime other) => one < other ? one : other;
}
