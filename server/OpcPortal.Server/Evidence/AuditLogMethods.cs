using System.Globalization;
using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>The methods of the object AuditLog: for the Security Manager alone, over an encrypted channel, as NodeSet.xml says.</summary>
internal sealed class AuditLogMethods(AuditLog log)
{
    /// <summary>Rows of one answer.</summary>
    private const int MaxRows = 1000;

    // Characters of one answer: well within a message.
    private const int MaxAnswer = 1 << 20;

    // A chain of three years is read for minutes: once at a time.
    private readonly SemaphoreSlim _verifying = new(1);

    public async ValueTask<MethodResult> ReadRows(MethodCall call, CancellationToken cancellation)
    {
        if (!EvidenceText.TryClass(call.InputArguments[0].AsString(), out var @class)) return EvidenceMethods.Invalid(call, 0);
        if (call.InputArguments[1].AsInt64() is var after && after < 0) return EvidenceMethods.Invalid(call, 1);
        // What somebody was shown or commanded is for whom it was about alone.
        if (@class == EvidenceClass.Disclosure) return new MethodResult(StatusCodes.BadUserAccessDenied);
        await log.FlushAsync(cancellation).ConfigureAwait(false);
        var most = EvidenceMethods.Limit(call.InputArguments[2], MaxRows);
        var (rows, length, next) = (new List<string>(), 0, 0L);
        await foreach (var row in log.Store.ReadAsync(new EvidenceQuery { Class = @class, After = after, Limit = most + 1 }, cancellation).ConfigureAwait(false))
        {
            if (rows.Count == most || (rows.Count > 0 && length > MaxAnswer))
            {
                next = row.Sequence - 1;
                break;
            }

            rows.Add(EvidenceText.Write(row));
            length += rows[^1].Length;
        }

        return new MethodResult(StatusCodes.Good, [new Variant(rows.ToArray()), next]);
    }

    public async ValueTask<MethodResult> ReadAnchors(MethodCall call, CancellationToken cancellation)
    {
        await log.FlushAsync(cancellation).ConfigureAwait(false);
        return new MethodResult(StatusCodes.Good, [new Variant(Array.ConvertAll(AuditLog.Classes, @class => log.HeadOf(@class).ToString()))]);
    }

    public async ValueTask<MethodResult> Verify(MethodCall call, CancellationToken cancellation)
    {
        if (!EvidenceText.TryClass(call.InputArguments[0].AsString(), out var @class)) return EvidenceMethods.Invalid(call, 0);
        var anchors = new List<EvidenceAnchor>();
        foreach (var text in call.InputArguments[1].AsArray<string>() ?? [])
        {
            if (!EvidenceAnchor.TryParse(text, out var anchor)) return EvidenceMethods.Invalid(call, 1);
            anchors.Add(anchor);
        }

        if (!await _verifying.WaitAsync(TimeSpan.Zero, cancellation).ConfigureAwait(false)) return new MethodResult(StatusCodes.BadTooManyOperations);
        try
        {
            await log.FlushAsync(cancellation).ConfigureAwait(false);
            var verifier = await VerifyAsync(log.Store, @class, anchors, cancellation).ConfigureAwait(false);
            return new MethodResult(StatusCodes.Good, [new Variant(verifier.Complete()?.Reason), verifier.Count, verifier.Last.ToString()]);
        }
        finally
        {
            _verifying.Release();
        }
    }

    internal static async Task<EvidenceVerifier> VerifyAsync(IEvidenceStore store, EvidenceClass @class, IReadOnlyList<EvidenceAnchor> anchors, CancellationToken cancellation)
    {
        var verifier = new EvidenceVerifier(@class, anchors);
        await foreach (var row in store.ReadAsync(new EvidenceQuery { Class = @class }, cancellation).ConfigureAwait(false))
            if (!verifier.Add(row)) break;
        return verifier;
    }
}
