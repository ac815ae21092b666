namespace OpcPortal.Server;

/// <summary>A party as the table keeps it.</summary>
internal struct PartyRow
{
    /// <summary>The entity's id.</summary>
    public string Id;

    /// <summary>The word of its customer class; -1 for none.</summary>
    public int CustomerClass;

    /// <summary>The first of the portals that it occupies, which <see cref="PortalRow.NextOccupied"/> links.</summary>
    public int FirstOccupied;

    /// <summary>Portals where it owns, answers for or operates something by name; null where there are none.</summary>
    public RowSet? Holdings;
}

/// <summary>Dense numbers for entities. One writer at a time, which a lock sees to; readers need none.</summary>
internal sealed class PartyTable
{
    private readonly Lock _gate = new();
    private readonly GrowingColumn<PartyRow> _rows = new();
    private readonly RowIndex _index = new();
    private int _count;

    public int Count => Volatile.Read(ref _count);

    /// <summary>The number of an entity, given one if it is new.</summary>
    public int Of(string entity)
    {
        if (Find(entity) is var known and >= 0) return known;
        lock (_gate)
        {
            if (Find(entity) is var added and >= 0) return added;
            var row = _count;
            _rows.EnsureRows(row + 1);
            _rows[row] = new PartyRow { Id = entity, CustomerClass = -1, FirstOccupied = FleetRegistry.None };
            _index.Add(HashOf(entity), row, HashOfRow);
            Volatile.Write(ref _count, row + 1);
            return row;
        }
    }

    /// <returns>-1 where the entity has no number.</returns>
    public int Find(string entity) => _index.Find(HashOf(entity), entity, Matches);

    public ref PartyRow this[int party] => ref _rows[party];

    private bool Matches(int row, string entity) => _rows[row].Id == entity;
    private int HashOfRow(int row) => HashOf(_rows[row].Id);
    private static int HashOf(string entity) => entity.GetHashCode(StringComparison.Ordinal);
}

/// <summary>Rows in rising order, without repetition: four bytes each. One writer at a time; readers take <see cref="Rows"/> as it stands.</summary>
internal sealed class RowSet
{
    private volatile int[] _rows = [];
    private int _count;

    public ReadOnlySpan<int> Rows
    {
        get
        {
            // The count first: whatever array is there then has at least so many.
            var count = Volatile.Read(ref _count);
            return _rows.AsSpan(0, count);
        }
    }

    public void Add(int row)
    {
        if (_count > 0 && row <= _rows[_count - 1])
        {
            Insert(row);
            return;
        }

        if (_count == _rows.Length)
        {
            var grown = new int[Math.Max(4, _count * 2)];
            _rows.CopyTo(grown, 0);
            _rows = grown;
        }

        _rows[_count] = row;
        Volatile.Write(ref _count, _count + 1);
    }

    // Seldom: rows mostly come in order. A copy, for readers walk over the old one.
    private void Insert(int row)
    {
        var at = Array.BinarySearch(_rows, 0, _count, row);
        if (at >= 0) return;
        var grown = new int[Math.Max(4, _count * 2)];
        Array.Copy(_rows, grown, ~at);
        grown[~at] = row;
        Array.Copy(_rows, ~at, grown, ~at + 1, _count - ~at);
        _rows = grown;
        Volatile.Write(ref _count, _count + 1);
    }
}
