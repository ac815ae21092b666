using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>The notes that readings got on arrival, by number: few different ones, held in memory. Thread-safe.</summary>
internal sealed class NoteTable
{
    /// <summary>Different notes. Rules and their versions make hundreds; whoever writes figures into reasons of arrival must not fill the memory: beyond it reasons are left out.</summary>
    internal const int MaxNotes = 65_536;

    private readonly Lock _gate = new();
    private readonly Dictionary<QualityNote, int> _numbers = [];
    private QualityNote?[] _notes = new QualityNote?[64];
    private int _last;

    /// <summary>The number of a note; <paramref name="isNew"/> where it has none yet: it is to be journalled before the first reading that has it.</summary>
    public int NumberOf(QualityNote note, out bool isNew)
    {
        lock (_gate)
        {
            if (_last >= MaxNotes && !_numbers.ContainsKey(note)) note = note with { Reason = "" };
            isNew = !_numbers.TryGetValue(note, out var number);
            return isNew ? Add(_last + 1, note) : number;
        }
    }

    /// <summary>Takes over a note as it was stored.</summary>
    public void Restore(int number, QualityNote note)
    {
        lock (_gate) Add(number, note);
    }

    private int Add(int number, QualityNote note)
    {
        if (number >= _notes.Length)
        {
            var grown = new QualityNote?[Math.Max(number + 1, _notes.Length * 2)];
            _notes.CopyTo(grown, 0);
            Volatile.Write(ref _notes, grown);
        }

        Volatile.Write(ref _notes[number], note);
        _numbers[note] = number;
        _last = Math.Max(_last, number);
        return number;
    }

    /// <summary>The note of a number other than 0.</summary>
    public QualityNote this[int number] => Volatile.Read(ref _notes)[number] ?? throw new InvalidOperationException($"There is no note {number}.");
}
