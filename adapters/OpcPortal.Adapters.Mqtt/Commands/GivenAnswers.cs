using OpcPortal.Models;

namespace OpcPortal.Adapters.Mqtt;

/// <summary>The commands that were sent last and are waited for no more, by their ids: what a device still says of them is late, or said twice, and none that it did is sent again.</summary>
internal sealed class GivenAnswers
{
    /// <summary>Commands that are remembered: as many as may wait at once, four times over, of some hundred bytes each. What is older is a stranger's.</summary>
    public const int MaxRemembered = 4 * PendingAnswers.MaxPending;

    private readonly Dictionary<(InvokeMapping Command, string Id), Given> _given = new(ByCommandAndId.Instance);
    private readonly Queue<(InvokeMapping Command, string Id)> _oldest = new();

    public int Count => _given.Count;

    /// <param name="status">What the device said; null: nothing.</param>
    public void Add(InvokeMapping command, string id, int device, ReadingStatus? status)
    {
        if (_given.TryGetValue((command, id), out var known))
        {
            (known.Status, known.WasLate) = (status, false);
            return;
        }

        if (_oldest.Count >= MaxRemembered) _given.Remove(_oldest.Dequeue());
        _given.Add((command, id), new Given(device) { Status = status });
        _oldest.Enqueue((command, id));
    }

    /// <returns>Null: it is not remembered.</returns>
    public Given? Find(InvokeMapping command, string id) => _given.GetValueOrDefault((command, id));

    internal sealed class Given(int device)
    {
        public int Device => device;

        /// <summary>What the device said; null: nothing yet.</summary>
        public ReadingStatus? Status { get; set; }

        /// <summary>It said so when nobody waited any more.</summary>
        public bool WasLate { get; set; }
    }

    // A mapping is the one that it is, whatever stands in it.
    private sealed class ByCommandAndId : IEqualityComparer<(InvokeMapping Command, string Id)>
    {
        public static ByCommandAndId Instance { get; } = new();

        public bool Equals((InvokeMapping Command, string Id) x, (InvokeMapping Command, string Id) y) => ReferenceEquals(x.Command, y.Command) && x.Id == y.Id;

        public int GetHashCode((InvokeMapping Command, string Id) key) => HashCode.Combine(System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(key.Command), key.Id);
    }
}
