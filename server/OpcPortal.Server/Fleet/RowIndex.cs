namespace OpcPortal.Server;

/// <summary>
/// Finds rows by a key that the rows themselves hold: an open-addressing table of row numbers, at most half full. One writer; readers need no lock, and one who is
/// overtaken by a growing table misses at most what was added meanwhile.
/// </summary>
internal sealed class RowIndex
{
    // Slots hold row + 1; 0 is free.
    private int[] _slots = new int[16];
    private int _count;

    /// <summary>Says whether a row has the key that is looked for.</summary>
    public delegate bool Matches<TKey>(int row, TKey key)
        where TKey : allows ref struct;

    /// <returns>The row, or -1.</returns>
    public int Find<TKey>(int hash, TKey key, Matches<TKey> matches)
        where TKey : allows ref struct
    {
        var slots = Volatile.Read(ref _slots);
        for (var i = Spread(hash) & (slots.Length - 1); ; i = (i + 1) & (slots.Length - 1))
        {
            var slot = Volatile.Read(ref slots[i]);
            if (slot == 0) return -1;
            if (matches(slot - 1, key)) return slot - 1;
        }
    }

    /// <param name="hashOf">The hash of a row that is in the table already, for when it grows.</param>
    public void Add(int hash, int row, Func<int, int> hashOf)
    {
        if (++_count * 2 > _slots.Length)
        {
            var grown = new int[_slots.Length * 2];
            foreach (var slot in _slots)
                if (slot != 0) Put(grown, hashOf(slot - 1), slot);
            Volatile.Write(ref _slots, grown);
        }

        Put(_slots, hash, row + 1);
    }

    private static void Put(int[] slots, int hash, int slot)
    {
        var i = Spread(hash) & (slots.Length - 1);
        while (slots[i] != 0) i = (i + 1) & (slots.Length - 1);
        Volatile.Write(ref slots[i], slot);
    }

    private static int Spread(int hash) => (int)((uint)hash * 0x9E37_79B1u >> 7);
}
