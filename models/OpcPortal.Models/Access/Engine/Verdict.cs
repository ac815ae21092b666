namespace OpcPortal.Models;

/// <summary>A decision in the making: layer by layer, all operations at once.</summary>
internal struct Verdict
{
    private Operations _open = Operations.All;
    private Operations _allowing;
    private Operations _denying;
    private Bounds _reading = Bounds.Closed;
    private Bounds _watching = Bounds.Closed;
    private Bounds _history = Bounds.Closed;
    private ReadBounds _bounds = Models.ReadBounds.Open;

    public Verdict()
    {
    }

    public Operations Allowed { get; private set; }

    public Operations Denied { get; private set; }

    public readonly ReadBounds ReadBounds => _bounds;

    /// <summary>No layer below can change it.</summary>
    public readonly bool IsComplete => _open == Operations.None;

    /// <summary>Hears what the clauses say.</summary>
    public void Hear(ReadOnlySpan<Clause> clauses, in AccessTarget target, Relation standing)
    {
        foreach (var clause in clauses)
        {
            var about = clause.About(target, standing) & _open;
            if (about == Operations.None) continue;
            if (clause.Effect == RuleEffect.Deny) _denying |= about;
            else Allow(clause, about, target, standing);
        }
    }

    private void Allow(Clause clause, Operations about, in AccessTarget target, Relation standing)
    {
        _allowing |= about;
        if ((about & Readings) == 0) return;
        var bounds = clause.BoundsOn(target, standing);
        if ((about & Operations.Read) != 0) _reading = Bounds.Loosest(_reading, bounds);
        if ((about & Operations.Subscribe) != 0) _watching = Bounds.Loosest(_watching, bounds);
        if ((about & Operations.ReadHistory) != 0) _history = Bounds.Loosest(_history, bounds);
    }

    /// <summary>The layer has spoken: deny wins within it, and what it said stands.</summary>
    public void CloseLayer()
    {
        var allowed = _allowing & ~_denying;
        Allowed |= allowed;
        Denied |= _denying;
        _open &= ~(_allowing | _denying);
        _bounds = new ReadBounds(
            (allowed & Operations.Read) != 0 ? _reading.WithoutDepth : _bounds.Reading,
            (allowed & Operations.Subscribe) != 0 ? _watching.WithoutDepth : _bounds.Watching,
            (allowed & Operations.ReadHistory) != 0 ? _history : _bounds.History);
        _allowing = _denying = Operations.None;
        _reading = _watching = _history = Bounds.Closed;
    }

    private const Operations Readings = Operations.Read | Operations.Subscribe | Operations.ReadHistory;
}
