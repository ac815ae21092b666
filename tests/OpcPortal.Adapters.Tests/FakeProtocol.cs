using OpcPortal.Models;

namespace OpcPortal.Adapters.Tests;

/// <summary>A protocol for tests of what surrounds adapters: its points have a setting <c>register</c>, its devices <c>unit</c>, its adapters do what the test says.</summary>
internal sealed class FakeFactory(string protocol = "fake") : IAdapterFactory
{
    public string Protocol => protocol;

    public List<FakeAdapter> Made { get; } = [];

    /// <summary>What the adapter of a given life does when run; by default it waits for its cancellation.</summary>
    public Func<int, AdapterContext, CancellationToken, Task> Run { get; set; } = (_, _, stop) => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop);

    public Func<DeviceCommand, ReadingStatus> Execute { get; set; } = _ => ReadingStatus.Good;

    public IAdapter Create(AdapterConfiguration configuration, AdapterContext context)
    {
        var adapter = new FakeAdapter(this, Made.Count, context);
        Made.Add(adapter);
        return adapter;
    }

    public void CheckConnection(ConfigElement connection)
    {
        connection.Find("protocol");
        connection.Get("host").Text();
        connection.RefuseUnread();
    }

    public void CheckDevice(ConfigElement connection, DeviceConfiguration device)
    {
        device.Settings.Get("unit").Integer(0, 255);
        foreach (var point in device.Points)
        {
            point.Mapping.Get("register").Integer(0, 65535);
            point.Mapping.RefuseUnread();
        }

        device.Settings.RefuseUnread();
    }
}

internal sealed class FakeAdapter(FakeFactory factory, int life, AdapterContext context) : IAdapter
{
    private int _disposed;

    public bool Disposed => Volatile.Read(ref _disposed) != 0;

    public Task RunAsync(CancellationToken cancellation) => factory.Run(life, context, cancellation);

    public ValueTask<ReadingStatus> ExecuteAsync(DeviceCommand command, CancellationToken cancellation) => ValueTask.FromResult(factory.Execute(command));

    public ValueTask DisposeAsync()
    {
        Volatile.Write(ref _disposed, 1);
        return ValueTask.CompletedTask;
    }
}
