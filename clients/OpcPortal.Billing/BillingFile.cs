namespace OpcPortal.Billing;

/// <summary>A file that is there when it is whole, or not at all: written beside its place, and put there in one step.</summary>
public sealed class BillingFile : IAsyncDisposable
{
    private readonly string _partial;
    private bool _isOpen = true;

    /// <exception cref="IOException">It cannot be written there.</exception>
    public BillingFile(string path)
    {
        Path = System.IO.Path.GetFullPath(path);
        _partial = Path + ".partial";
        Stream = new FileStream(_partial, FileMode.Create, FileAccess.ReadWrite, FileShare.None);
    }

    /// <summary>Where it will be.</summary>
    public string Path { get; }

    /// <summary>Gets the content.</summary>
    public FileStream Stream { get; }

    /// <summary>Puts it into its place; what was there before goes.</summary>
    public async Task CommitAsync(CancellationToken cancellation)
    {
        await Stream.FlushAsync(cancellation).ConfigureAwait(false);
        Stream.Flush(flushToDisk: true);
        await CloseAsync().ConfigureAwait(false);
        File.Move(_partial, Path, overwrite: true);
    }

    private async Task CloseAsync()
    {
        _isOpen = false;
        await Stream.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>What was not committed is gone.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_isOpen) return;
        await CloseAsync().ConfigureAwait(false);
        File.Delete(_partial);
    }
}
