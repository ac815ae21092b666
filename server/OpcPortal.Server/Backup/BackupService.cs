using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>Makes backups of a server while it runs: one at a time, when a manager asks or the clock says so. Each is evidence, also one that fails.</summary>
public sealed partial class BackupService : IAsyncDisposable
{
    private const string Prefix = "opcportal-";
    private const string Ending = ".backup";
    private const string Form = "yyyyMMdd'T'HHmmssfff'Z'";

    // What is written is none before it is whole.
    private const string Partial = ".partial";

    // A scheduled backup that cannot be made is tried again before its next time.
    private static readonly TimeSpan RetryInterval = TimeSpan.FromMinutes(10);

    private readonly BackupOptions _options;
    private readonly BackupSource _source;
    private readonly AuditLog? _evidence;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private BackupStatus _status = BackupStatus.None;
    private BackupProgress _progress = new();
    private Task _running = Task.CompletedTask;
    private Task _schedule = Task.CompletedTask;

    /// <param name="settle">Completes when what was taken before is in the database.</param>
    /// <param name="evidence">Where backups are told; null: nowhere.</param>
    public BackupService(BackupOptions options, PortalDatabase database, IReadOnlyList<SchemaComponent> components, Func<CancellationToken, Task> settle, AuditLog? evidence, TimeProvider time, ILogger<BackupService> logger)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _source = new BackupSource(database, components, options.Folders, settle);
        _evidence = evidence;
        _time = time;
        _logger = logger;
    }

    /// <summary>The last backup.</summary>
    public BackupStatus Status
    {
        get
        {
            lock (_gate) return _status.State == BackupState.Running ? _status with { Part = _progress.Part, Rows = _progress.Rows } : _status;
        }
    }

    /// <summary>Begins to make backups by the clock, where that is wanted.</summary>
    public void Start()
    {
        if (_options.Every is { } every) _schedule = ScheduleAsync(every);
    }

    /// <summary>Begins a backup.</summary>
    /// <param name="by">Who asked for it: the individual; empty: the clock.</param>
    /// <returns>The name of its file.</returns>
    /// <exception cref="BackupException">One is being made.</exception>
    public string Begin(string by)
    {
        lock (_gate)
        {
            if (_status.State == BackupState.Running) throw new BackupException($"A backup is being made: {_status.File}.");
            if (_stop.IsCancellationRequested) throw new BackupException("The server is ending.");
            var now = _time.GetUtcNow().UtcDateTime;
            var name = Prefix + now.ToString(Form, CultureInfo.InvariantCulture) + Ending;
            _progress = new BackupProgress();
            _status = BackupStatus.None with { State = BackupState.Running, File = name, StartedAt = now };
            _running = Task.Run(() => RunAsync(name, by, _progress));
            return name;
        }
    }

    /// <summary>Completes when the backup that is being made, if any, has ended.</summary>
    public Task EndAsync()
    {
        lock (_gate) return _running;
    }

    private async Task RunAsync(string name, string by, BackupProgress progress)
    {
        try
        {
            var (manifest, bytes, hash) = await WriteAsync(Path.Combine(_options.Folder, name), progress).ConfigureAwait(false);
            End(status => status with { State = BackupState.Done, Rows = manifest.Rows, Bytes = bytes, Hash = hash });
            LogDone(name, manifest.Rows, bytes, hash);
            Tell(EvidenceKind.Done, "Backup", new { By = by, File = name, Hash = hash, KeyId = _options.Key.Id, Rows = manifest.Rows });
            RemoveOld();
        }
        catch (Exception failed)
        {
            // Whatever it was: the server goes on, and who waits for the backup is told.
            End(status => status with { State = BackupState.Failed, Rows = progress.Rows, Reason = failed.Message });
            LogFailed(failed, name);
            Tell(EvidenceKind.Refused, "Backup", new { By = by, File = name, Reason = failed.Message });
        }
    }

    private async Task<(BackupManifest Manifest, long Bytes, string Hash)> WriteAsync(string path, BackupProgress progress)
    {
        Directory.CreateDirectory(_options.Folder);
        var partial = path + Partial;
        try
        {
            BackupManifest manifest;
            await using (var output = new FileStream(partial, FileMode.Create, FileAccess.Write, FileShare.None, 128 * 1024))
            {
                manifest = await _source.WriteAsync(output, _options.Key, _options.Server, _time, progress, _stop.Token).ConfigureAwait(false);
                output.Flush(flushToDisk: true);
            }

            progress.Begin("verification");
            // What could not be restored is no backup: better found now. Reading it gives its hash too.
            await BackupRestore.VerifyAsync(partial, _options.Key, _stop.Token).ConfigureAwait(false);
            var (bytes, hash) = await HashAsync(partial).ConfigureAwait(false);
            File.Move(partial, path);
            return (manifest, bytes, hash);
        }
        finally
        {
            File.Delete(partial);
        }
    }

    private async Task<(long Bytes, string Hash)> HashAsync(string file)
    {
        await using var input = File.OpenRead(file);
        return (input.Length, Convert.ToHexStringLower(await SHA256.HashDataAsync(input, _stop.Token).ConfigureAwait(false)));
    }

    private void End(Func<BackupStatus, BackupStatus> change)
    {
        lock (_gate) _status = change(_status) with { EndedAt = _time.GetUtcNow().UtcDateTime, Part = "" };
    }

    private void Tell(EvidenceKind kind, string type, object body) =>
        _evidence?.TryAdd(new EvidenceEntry(EvidenceClass.Change, _time.GetUtcNow().UtcDateTime, kind, type, "", JsonSerializer.Serialize(body)));

    private void RemoveOld()
    {
        foreach (var (file, _) in Backups().Skip(Math.Max(1, _options.Keep)))
        {
            try
            {
                File.Delete(file);
                LogRemoved(Path.GetFileName(file));
                Tell(EvidenceKind.Done, "BackupRemoved", new { File = Path.GetFileName(file) });
            }
            catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
            {
                LogNotRemoved(failed, file);
            }
        }
    }

    // Newest first. Only files of our own names: others in the folder are somebody else's.
    private IEnumerable<(string File, DateTime At)> Backups()
    {
        if (!Directory.Exists(_options.Folder)) yield break;
        foreach (var file in Directory.GetFiles(_options.Folder, Prefix + "*" + Ending).OrderDescending(StringComparer.Ordinal))
        {
            var stamp = Path.GetFileName(file)[Prefix.Length..^Ending.Length];
            if (DateTime.TryParseExact(stamp, Form, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at)) yield return (file, at);
        }
    }

    private async Task ScheduleAsync(TimeSpan every)
    {
        // From the newest there is: a server that is started often is not backed up more often.
        var due = Backups().Select(backup => (DateTime?)backup.At).FirstOrDefault() is { } last ? last + every : _time.GetUtcNow().UtcDateTime;
        while (!_stop.IsCancellationRequested)
        {
            var wait = due - _time.GetUtcNow().UtcDateTime;
            if (wait > TimeSpan.Zero) await Task.Delay(wait, _time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (_stop.IsCancellationRequested) return;
            due = _time.GetUtcNow().UtcDateTime + (await TryAsync().ConfigureAwait(false) || every < RetryInterval ? every : RetryInterval);
        }
    }

    private async Task<bool> TryAsync()
    {
        try
        {
            Begin(by: "");
        }
        catch (BackupException)
        {
            // A manager was first: that one is as good.
        }

        await EndAsync().ConfigureAwait(false);
        return Status.State == BackupState.Done;
    }

    /// <summary>Ends the backup that is being made: it then is none.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _schedule.ConfigureAwait(false);
        await EndAsync().ConfigureAwait(false);
        _stop.Dispose();
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Backup {File}: {Rows} rows, {Bytes} bytes, SHA-256 {Hash}.")]
    private partial void LogDone(string file, long rows, long bytes, string hash);

    [LoggerMessage(Level = LogLevel.Error, Message = "The backup {File} could not be made.")]
    private partial void LogFailed(Exception reason, string file);

    [LoggerMessage(Level = LogLevel.Information, Message = "The backup {File} is older than those to be kept, and was removed.")]
    private partial void LogRemoved(string file);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The old backup {File} could not be removed.")]
    private partial void LogNotRemoved(Exception reason, string file);
}
