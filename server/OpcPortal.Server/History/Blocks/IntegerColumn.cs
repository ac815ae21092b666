namespace OpcPortal.Server;

/// <summary>
/// Whole numbers in few bytes: themselves, their differences or the differences of these, each alone or in runs of the same; whatever is shortest. Differences wrap, so that any numbers come back.
/// </summary>
internal static class IntegerColumn
{
    // The first byte: how many times differences were taken, and whether runs follow.
    private const int MaxOrder = 2;
    private const byte Runs = 0x10;

    public static void Write(StoredBytesWriter writer, ReadOnlySpan<long> values)
    {
        var (best, form) = (int.MaxValue, (byte)0);
        for (var order = 0; order <= MaxOrder; order++)
        {
            var (plain, runs) = Measure(values, order);
            if (plain < best) (best, form) = (plain, (byte)order);
            if (runs < best) (best, form) = (runs, (byte)(order | Runs));
        }

        writer.WriteByte(form);
        var differences = new Differences(form & ~Runs);
        if ((form & Runs) == 0)
        {
            foreach (var value in values) writer.WriteSigned(differences.Of(value));
            return;
        }

        for (var i = 0; i < values.Length;)
        {
            var first = differences.Of(values[i++]);
            var run = 1UL;
            while (i < values.Length && differences.Peek(values[i]) == first)
            {
                differences.Of(values[i++]);
                run++;
            }

            writer.WriteSigned(first);
            writer.WriteUnsigned(run);
        }
    }

    private static (int Plain, int Runs) Measure(ReadOnlySpan<long> values, int order)
    {
        var differences = new Differences(order);
        int plain = 0, runs = 0, run = 0;
        long before = 0;
        foreach (var value in values)
        {
            var difference = differences.Of(value);
            var length = StoredBytesWriter.LengthOf(StoredBytesWriter.ZigZag(difference));
            plain += length;
            if (run > 0 && difference == before)
            {
                run++;
                continue;
            }

            if (run > 0) runs += StoredBytesWriter.LengthOf((ulong)run);
            runs += length;
            run = 1;
            before = difference;
        }

        return (plain, runs + StoredBytesWriter.LengthOf((ulong)run));
    }

    public static void Read(ref StoredBytesReader reader, Span<long> values)
    {
        var form = reader.ReadByte();
        var order = form & ~Runs;
        if (order > MaxOrder) throw new StoredFormatException($"There is no form {form} of a column.");
        var sums = new Sums(order);
        if ((form & Runs) == 0)
        {
            foreach (ref var value in values) value = sums.Of(reader.ReadSigned());
            return;
        }

        for (var i = 0; i < values.Length;)
        {
            var difference = reader.ReadSigned();
            for (var run = reader.ReadCount(1, values.Length - i); run > 0; run--) values[i++] = sums.Of(difference);
        }
    }

    private struct Differences(int order)
    {
        private long _before;
        private long _differenceBefore;

        public readonly long Peek(long value) => order switch
        {
            0 => value,
            1 => unchecked(value - _before),
            _ => unchecked(value - _before - _differenceBefore),
        };

        public long Of(long value)
        {
            var result = Peek(value);
            _differenceBefore = unchecked(value - _before);
            _before = value;
            return result;
        }
    }

    private struct Sums(int order)
    {
        private long _before;
        private long _differenceBefore;

        public long Of(long difference)
        {
            var value = order switch
            {
                0 => difference,
                1 => unchecked(_before + difference),
                _ => unchecked(_before + _differenceBefore + difference),
            };
            _differenceBefore = unchecked(value - _before);
            _before = value;
            return value;
        }
    }
}
