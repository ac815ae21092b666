using OpcPortal.Models;
using OpcPortal.Ua.Client;

namespace OpcPortal.Billing;

/// <summary>How far an export is.</summary>
/// <param name="Done">Channels read.</param>
/// <param name="Of">Channels in all.</param>
/// <param name="Channel">The one that is read now.</param>
public readonly record struct BillingProgress(int Done, int Of, BillingChannel Channel);

/// <summary>What became of an export.</summary>
/// <param name="Channels">Channels read.</param>
/// <param name="Readings">Readings that may be billed.</param>
/// <param name="Flaws">Why it was refused, the first of them; empty: the files are there.</param>
/// <param name="FlawCount">All of them.</param>
public sealed record BillingResult(int Channels, long Readings, IReadOnlyList<BillingFlaw> Flaws, int FlawCount)
{
    /// <summary>Whether the files are there.</summary>
    public bool IsDone => FlawCount == 0;
}

/// <summary>
/// Exports what is billed, as a client: it reads what its user may, no more. All or nothing: where anything is missing or not billing-grade no file is written, and the result names what.
/// </summary>
public sealed class BillingExporter(UaSession session, TimeProvider time)
{
    /// <summary>Flaws that a result names: what is more is counted.</summary>
    public const int MaxFlaws = 10_000;

    /// <summary>Exports points.</summary>
    /// <param name="points">Those of a meter one after the other, as <see cref="BillingPoints"/> gives them.</param>
    /// <param name="files">Where to, each in its form.</param>
    /// <exception cref="BillingExportException">It cannot be made.</exception>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public async Task<BillingResult> ExportAsync(
        IReadOnlyList<BilledPoint> points, BillingPeriod period, IReadOnlyList<(string Path, BillingFormat Format)> files, IProgress<BillingProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(points);
        ArgumentNullException.ThrowIfNull(period);
        ArgumentNullException.ThrowIfNull(files);
        if (points.Count == 0) throw new BillingExportException("There is nothing to bill: none of the nodes has a point of energy or volume that may be browsed.");
        await using var outputs = await Outputs.OpenAsync(files, period, session.Endpoint.Description.Server?.ApplicationUri ?? "", time.GetUtcNow().UtcDateTime, cancellation).ConfigureAwait(false);
        var (flaws, flawCount, readings) = (new List<BillingFlaw>(), 0, 0L);
        for (var i = 0; i < points.Count; i++)
        {
            progress?.Report(new BillingProgress(i, points.Count, points[i].Channel));
            var (read, found) = await ReadAsync(points[i], period, cancellation).ConfigureAwait(false);
            flawCount += found.Count;
            flaws.AddRange(found.Take(MaxFlaws - flaws.Count));
            readings += read.Count;
            // What is refused anyway need not be written; that all flaws are named does.
            if (flawCount == 0) await outputs.WriteAsync(points[i].Channel, read, cancellation).ConfigureAwait(false);
        }

        progress?.Report(new BillingProgress(points.Count, points.Count, points[^1].Channel));
        if (flawCount == 0) await outputs.CommitAsync(cancellation).ConfigureAwait(false);
        return new BillingResult(points.Count, readings, flaws, flawCount);
    }

    private async Task<(IReadOnlyList<BillingReading> Readings, IReadOnlyList<BillingFlaw> Flaws)> ReadAsync(BilledPoint point, BillingPeriod period, CancellationToken cancellation)
    {
        var history = new MeterHistory(session);
        if (!point.Channel.IsRegister)
        {
            var intervals = await history.ReadAsync(point, period.Start, period.End, cancellation).ConfigureAwait(false);
            return (intervals, BillingCheck.FlawsOf(point.Channel, period, intervals));
        }

        var registers = new List<BillingReading>();
        foreach (var midnight in period.Midnights)
            if (await history.LastAsync(point, midnight, midnight - BillingCheck.RegisterTolerance, cancellation).ConfigureAwait(false) is { } reading) registers.Add(reading);
        return (registers, BillingCheck.FlawsOf(point.Channel, period, registers));
    }

    /// <summary>The files of an export, all of them or none.</summary>
    private sealed class Outputs : IAsyncDisposable
    {
        private readonly List<(BillingFile File, IBillingWriter Writer)> _open = [];

        public static async Task<Outputs> OpenAsync(IReadOnlyList<(string Path, BillingFormat Format)> files, BillingPeriod period, string server, DateTime at, CancellationToken cancellation)
        {
            var outputs = new Outputs();
            try
            {
                foreach (var (path, format) in files)
                {
                    var file = new BillingFile(path);
                    try
                    {
                        outputs._open.Add((file, await BillingWriters.CreateAsync(format, file.Stream, period, server, at, cancellation).ConfigureAwait(false)));
                    }
                    catch
                    {
                        await file.DisposeAsync().ConfigureAwait(false);
                        throw;
                    }
                }

                return outputs;
            }
            catch
            {
                await outputs.DisposeAsync().ConfigureAwait(false);
                throw;
            }
        }

        public async Task WriteAsync(BillingChannel channel, IReadOnlyList<BillingReading> readings, CancellationToken cancellation)
        {
            foreach (var (_, writer) in _open) await writer.WriteAsync(channel, readings, cancellation).ConfigureAwait(false);
        }

        public async Task CommitAsync(CancellationToken cancellation)
        {
            foreach (var (_, writer) in _open)
            {
                await writer.CompleteAsync(cancellation).ConfigureAwait(false);
                await writer.DisposeAsync().ConfigureAwait(false);
            }

            foreach (var (file, _) in _open) await file.CommitAsync(cancellation).ConfigureAwait(false);
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var (file, writer) in _open)
            {
                if (file.Stream.CanWrite) await writer.DisposeAsync().ConfigureAwait(false);
                await file.DisposeAsync().ConfigureAwait(false);
            }
        }
    }
}
