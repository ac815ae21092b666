using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using OpcPortal.Adapters;
using OpcPortal.Models;
using OpcPortal.Server;

namespace OpcPortal.Host;

/// <summary><c>verify</c>, <c>restore</c> and <c>new-backup-key</c>: what is done with backups while no server runs on the storage.</summary>
internal static class BackupCommands
{
    // As opcportal says it of evidence: what was to be kept whole is not.
    private const int NotWhole = 5;

    public static IEnumerable<Command> Create(TextWriter output, TextWriter errors)
    {
        var file = new Argument<string>("file") { Description = "The backup." };
        var config = new Option<FileInfo?>("--config") { Description = "A configuration: its \"backup\" says where the key is." };
        var keyFile = new Option<FileInfo?>("--key-file") { Description = "The file of the key, where no configuration says it." };

        var verify = new Command("verify", "Reads a backup to its end and tells whether it is whole, and what is in it.") { file, config, keyFile };
        verify.SetAction((parsed, cancellation) => RunAsync(errors, () => VerifyAsync(parsed.GetRequiredValue(file), parsed.GetValue(config), parsed.GetValue(keyFile), output, cancellation)));
        yield return verify;

        var to = new Option<FileInfo>("--to") { Description = "The configuration of the server that gets it: its storage and folders are filled. That server must not run.", Required = true };
        var replace = new Option<bool>("--replace") { Description = "What is in the storage goes. Without it the storage must be empty." };
        var restore = new Command("restore", "Restores a backup into the storage of a server that does not run: verified first, then all of it or nothing.") { file, to, replace, keyFile };
        restore.SetAction((parsed, cancellation) => RunAsync(errors, () => RestoreAsync(parsed.GetRequiredValue(file), parsed.GetRequiredValue(to), parsed.GetValue(keyFile), parsed.GetValue(replace), output, cancellation)));
        yield return restore;

        var target = new Argument<string>("file") { Description = "Where the key goes; it must not be there yet." };
        var key = new Command("new-backup-key", "Makes a key that backups are sealed with. Keep a copy elsewhere: without it no backup can be read.") { target };
        key.SetAction((parsed, _) => RunAsync(errors, () => Task.FromResult(MakeKey(parsed.GetRequiredValue(target), output))));
        yield return key;
    }

    private static async Task<int> VerifyAsync(string file, FileInfo? config, FileInfo? keyFile, TextWriter output, CancellationToken cancellation)
    {
        using var key = KeyOf(config is null ? null : HostConfigurationReader.Read(config.FullName), keyFile);
        Show(output, "whole", file, await BackupRestore.VerifyAsync(file, key, cancellation).ConfigureAwait(false), key);
        return 0;
    }

    private static async Task<int> RestoreAsync(string file, FileInfo to, FileInfo? keyFile, bool replace, TextWriter output, CancellationToken cancellation)
    {
        var configuration = HostConfigurationReader.Read(to.FullName);
        using var key = KeyOf(configuration, keyFile);
        await using var database = configuration.Database!();
        BackupManifest manifest;
        try
        {
            manifest = await BackupRestore.RestoreAsync(file, key, database, PortalSchema.Components, Backups.FoldersOf(configuration), replace, cancellation).ConfigureAwait(false);
        }
        catch (StorageException refused) when (!replace && refused.Message.Contains("not empty", StringComparison.Ordinal))
        {
            throw new StartupException($"{refused.Message} With --replace, what is in it goes.", refused);
        }

        await TellAsync(database, configuration, file, manifest, key, cancellation).ConfigureAwait(false);
        Show(output, "restored", file, manifest, key);
        return 0;
    }

    // What was recorded between the backup and now is not there any more: the log says why.
    private static async Task TellAsync(PortalDatabase database, HostConfiguration configuration, string file, BackupManifest manifest, BackupKey key, CancellationToken cancellation)
    {
        var store = await SqlEvidenceStore.OpenAsync(database, cancellation).ConfigureAwait(false);
        await using var log = await AuditLog.OpenAsync(store, configuration.Evidence, TimeProvider.System, NullLogger<AuditLog>.Instance, cancellation).ConfigureAwait(false);
        var body = JsonSerializer.Serialize(new { ContentHash = manifest.Hash, File = Path.GetFileName(file), KeyId = key.Id, TakenAt = manifest.TakenAt });
        log.TryAdd(new EvidenceEntry(EvidenceClass.Change, TimeProvider.System.GetUtcNow().UtcDateTime, EvidenceKind.Done, "Restore", "", body));
    }

    private static BackupKey KeyOf(HostConfiguration? configuration, FileInfo? keyFile)
    {
        if (keyFile is not null) return BackupKey.TryParse(BackupReader.ReadKeyText(keyFile.FullName), out var key) ? key : throw new StartupException($"{keyFile.FullName} holds no key of 32 bytes, in Base64 or hexadecimal.");
        return configuration?.Backup?.Key() ?? throw new StartupException("Which key was the backup sealed with? Say so: --key-file FILE, or \"backup\" in the configuration.");
    }

    private static int MakeKey(string file, TextWriter output)
    {
        MakeKey(file);
        output.WriteLine($"{file} holds a new key. Keep a copy of it elsewhere than the backups: without it none can be read.");
        return 0;
    }

    /// <summary>Writes a new key into a file that is not there yet, readable by its owner alone.</summary>
    public static void MakeKey(string file)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var writer = new StreamWriter(file, options);
        writer.WriteLine(BackupKey.NewText());
    }

    private static void Show(TextWriter output, string what, string file, BackupManifest manifest, BackupKey key)
    {
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what}: {file}, of {manifest.Server} at {manifest.TakenAt:yyyy-MM-dd HH:mm:ss}Z, key {key.Id}"));
        foreach (var table in manifest.Tables) output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {table.Name,-24} {table.Rows,12} rows  sha256 {table.Hash}"));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {"files",-24} {manifest.Files.Count,12}"));
        output.WriteLine($"  content sha256 {manifest.Hash}");
    }

    private static async Task<int> RunAsync(TextWriter errors, Func<Task<int>> act)
    {
        try
        {
            return await act().ConfigureAwait(false);
        }
        catch (BackupException flaw)
        {
            await errors.WriteLineAsync($"opcportal: {flaw.Message.ReplaceLineEndings(" ")}").ConfigureAwait(false);
            return NotWhole;
        }
        catch (Exception wrong) when (wrong is ConfigurationException or StartupException or StorageException or IOException or UnauthorizedAccessException)
        {
            await errors.WriteLineAsync($"opcportal: {wrong.Message.ReplaceLineEndings(" ")}").ConfigureAwait(false);
            return ServeCommand.CannotStart;
        }
    }
}
