using OpcPortal.Server;

namespace OpcPortal.Host;

/// <summary>The key of the demonstration's backups: made at the first start, beside them, as no real one should be.</summary>
internal static class DemoBackup
{
    public const string KeyFile = "backup.key";

    public static BackupKey Key(string folder)
    {
        var file = Path.Combine(folder, KeyFile);
        if (!File.Exists(file)) BackupCommands.MakeKey(file);
        return BackupKey.TryParse(BackupReader.ReadKeyText(file), out var key) ? key : throw new StartupException($"{file} holds no key: delete it to have another made. Backups made with the one that was lost cannot be read.");
    }
}
