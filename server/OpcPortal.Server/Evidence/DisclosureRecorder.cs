using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>
/// Makes rows of what the access policy let somebody see or command, and of what it refused: of class Disclosure, for whom it was about. What a party does with its own is no disclosure. Why it was allowed is
/// explained on a thread of its own, by the rules of the moment of the grant.
/// </summary>
public sealed partial class DisclosureRecorder : IDisclosureSink, IAsyncDisposable
{
    /// <summary>Disclosures that wait to be explained: some seconds of them. A grant waits for nothing: what finds no room is lost, and a row says how many.</summary>
    private const int Capacity = 50_000;

    private readonly AuditLog _log;
    private readonly ILogger _logger;
    private readonly Channel<object> _waiting = Channel.CreateBounded<object>(new BoundedChannelOptions(Capacity) { SingleReader = true });
    private readonly Task _loop;

    public DisclosureRecorder(AuditLog log, ILogger<DisclosureRecorder> logger)
    {
        _log = log;
        _logger = logger;
        _loop = Task.Run(RunAsync);
    }

    /// <inheritdoc/>
    public void Disclosed(Disclosure disclosure)
    {
        ArgumentNullException.ThrowIfNull(disclosure);
        if (DisclosureEntry.PartyOf(disclosure.Customer, disclosure.Owner) is not { } party || party == disclosure.Who.Entity) return;
        // Refusals are as many as somebody cares to ask for: they never take the room of what was seen.
        if ((disclosure.IsRefused && _waiting.Reader.Count > Capacity / 4) || !_waiting.Writer.TryWrite(disclosure)) _log.CountLost(EvidenceClass.Disclosure);
    }

    /// <summary>Ends when all that was told so far is stored.</summary>
    public async Task FlushAsync(CancellationToken cancellation = default)
    {
        var passed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            await _waiting.Writer.WriteAsync(passed, cancellation).ConfigureAwait(false);
            await passed.Task.WaitAsync(cancellation).ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            await _loop.WaitAsync(cancellation).ConfigureAwait(false);
        }

        await _log.FlushAsync(cancellation).ConfigureAwait(false);
    }

    private async Task RunAsync()
    {
        await foreach (var next in _waiting.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            if (next is TaskCompletionSource passed) passed.SetResult();
            else Record((Disclosure)next);
        }
    }

    private void Record(Disclosure disclosure)
    {
        Decision? decision = null;
        try
        {
            decision = disclosure.Explain();
        }
        catch (Exception failed)
        {
            // That it was seen is worth more than why.
            LogUnexplained(failed, disclosure.Portal);
        }

        var entry = DisclosureEntry.Of(disclosure, decision);
        var kind = disclosure.IsRefused ? EvidenceKind.Refused : EvidenceKind.Done;
        _log.TryAdd(new EvidenceEntry(EvidenceClass.Disclosure, entry.At, kind, disclosure.IsRefused ? DisclosureEntry.RefusalTypeName : DisclosureEntry.TypeName, entry.Party, entry.ToBody()));
    }

    /// <summary>Takes no more, and hands on what was taken. To be ended before its <see cref="AuditLog"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        await _loop.ConfigureAwait(false);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Why something of portal {Portal} was allowed cannot be told; that it was is recorded.")]
    private partial void LogUnexplained(Exception reason, string portal);
}
