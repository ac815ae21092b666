namespace OpcPortal.Models;

/// <summary>A decision in the making: layer by layer, all operations at once.</summary>
internal struct Verdict
{
    private const Operations Readings = Operations.Read | Operations.Subscribe | Operations.ReadHistory;

    // What no layer has decided yet.
    private Operations _open = Operations.All;

    // What agreements allowed to be read: how much of it is shown, the class may still better.
    private Operations _agreed;

    private Operations _allowing;
    private Operations _denying;
    private Bounds _reading = Bounds.Closed;
    private Bounds _watching = Bounds.Closed;
    private Bounds _history = Bounds.Closed;
    private ReadBounds _bounds = ReadBounds.Open;

    public Verdict()
    {
    }

    public Operations Allowed { get; private set; }

    public Operations Denied { get; private set; }

    /// <summary>What binds those ways of reading that are allowed.</summary>
    public readonly ReadBounds BoundsOfReading => _bounds;

    /// <summary>No layer below can change it.</summary>
    public readonly bool IsComplete => (_open | _agreed) == Operations.None;

    /// <summary>Hears what clauses of the layer say.</summary>
    public void Hear(ReadOnlySpan<Clause> clauses, in AccessTarget target, Relation standing)
    {
        foreach (var clause in clauses)
        {
            var about = clause.About(target, standing) & (_open | _agreed);
            if (about == Operations.None) continue;
            if (clause.Effect == RuleEffect.Deny) _denying |= about;
            else Allow(clause, about, target, standing);
        }
    }

    /// <summary>The layer has spoken: deny wins within it, and what it said stands.</summary>
    public void CloseLayer(PolicyLayer layer)
    {
        var allowed = _allowing & ~_denying;
        Better(allowed & _agreed);
        Set(allowed & _open);
        Allowed |= allowed & _open;
        Denied |= _denying & _open;
        // Nobody gains by the loss of an agreement: what its class would be shown without one, an entity is shown with one.
        _agreed = layer == PolicyLayer.Agreement ? allowed & _open & Readings : Operations.None;
        _open &= ~(_allowing | _denying);
        _allowing = _denying = Operations.None;
        _reading = _watching = _history = Bounds.Closed;
    }

    private void Allow(Clause clause, Operations about, in AccessTarget target, Relation standing)
    {
        _allowing |= about;
        if ((about & Readings) == 0) return;
        var bounds = clause.BoundsOn(target, standing);
        if ((about & Operations.Read) != 0) _reading = Bounds.Loosest(_reading, bounds.WithoutDepth);
        if ((about & Operations.Subscribe) != 0) _watching = Bounds.Loosest(_watching, bounds.WithoutDepth);
        if ((about & Operations.ReadHistory) != 0) _history = Bounds.Loosest(_history, bounds);
    }

    private void Set(Operations operations) => _bounds = new ReadBounds(
        (operations & Operations.Read) != 0 ? _reading : _bounds.Reading,
        (operations & Operations.Subscribe) != 0 ? _watching : _bounds.Watching,
        (operations & Operations.ReadHistory) != 0 ? _history : _bounds.History);

    private void Better(Operations operations) => _bounds = new ReadBounds(
        (operations & Operations.Read) != 0 ? Bounds.Loosest(_bounds.Reading, _reading) : _bounds.Reading,
        (operations & Operations.Subscribe) != 0 ? Bounds.Loosest(_bounds.Watching, _watching) : _bounds.Watching,
        (operations & Operations.ReadHistory) != 0 ? Bounds.Loosest(_bounds.History, _history) : _bounds.History);
}
