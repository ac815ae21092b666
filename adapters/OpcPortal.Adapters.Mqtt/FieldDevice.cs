using OpcPortal.Models;

namespace OpcPortal.Adapters.Mqtt;

/// <summary>A device behind the broker: its points, and how communication with it stands. Written by the adapter's one loop alone; its state is read by commands too.</summary>
internal sealed class FieldDevice(DeviceConfiguration configuration, DeviceSettings settings, TimeProvider time, IAdapterHealth health)
{
    private readonly HashSet<string> _undecodable = new(StringComparer.Ordinal);
    private readonly List<int> _live = [];
    private volatile CommunicationState _state;
    private CommunicationState _told;
    private string? _reason;
    private long _heard = time.GetTimestamp();

    public DeviceConfiguration Configuration { get; } = configuration;

    /// <summary>The numbers of the points that say how it stands now. What lists bring is of times that are over: it stays true whatever becomes of the device.</summary>
    public IReadOnlyList<int> Live => _live;

    public void AddLive(int point) => _live.Add(point);
    public DeviceSettings Settings { get; } = settings;
    public int Number => Configuration.Number;
    public CommunicationState State => _state;

    /// <summary>It has said nothing for longer than it may.</summary>
    public bool IsSilent => Settings.SilentAfter is { } longest && _state != CommunicationState.Offline && time.GetElapsedTime(_heard) >= longest;

    /// <summary>A live message came: it is there, whatever its status topic said last.</summary>
    public void Heard()
    {
        _heard = time.GetTimestamp();
        if (_undecodable.Count > 0) return;
        if (_told == CommunicationState.Impaired) Become(_told, Told(_told));
        else Become(CommunicationState.Online, null);
    }

    /// <summary>A message on one of its topics could not be used.</summary>
    public void Undecodable(string topic, string reason)
    {
        _heard = time.GetTimestamp();
        _undecodable.Add(topic);
        Become(CommunicationState.Impaired, $"{topic}: {reason}");
    }

    /// <summary>A message on one of its topics could be used.</summary>
    public void Decodable(string topic) => _undecodable.Remove(topic);

    /// <summary>Its status topic speaks.</summary>
    /// <param name="isRetained">Said at some time, not now.</param>
    public void Says(CommunicationState state, bool isRetained)
    {
        if (!isRetained) _heard = time.GetTimestamp();
        _told = state;
        if (state != CommunicationState.Online || _undecodable.Count == 0) Become(state, state == CommunicationState.Online ? null : Told(state));
    }

    /// <summary>It cannot be reached; what was wrong before counts no more.</summary>
    public void Lost(string reason)
    {
        Forget();
        Become(CommunicationState.Offline, reason);
    }

    /// <summary>The broker is back: nothing is known of the device until it, or its status topic, is heard.</summary>
    public void Listening()
    {
        _heard = time.GetTimestamp();
        Forget();
        Become(CommunicationState.Unknown, "nothing was heard of it since the broker was reached");
    }

    private static string Told(CommunicationState state) => $"its status topic says {state}";

    private void Forget()
    {
        _undecodable.Clear();
        _told = CommunicationState.Unknown;
    }

    private void Become(CommunicationState state, string? reason)
    {
        if (_state == state && _reason == reason) return;
        _state = state;
        _reason = reason;
        health.Report(Number, state, reason);
    }
}
