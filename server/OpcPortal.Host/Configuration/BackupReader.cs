using OpcPortal.Adapters;
using OpcPortal.Server;

namespace OpcPortal.Host;

/// <summary>Reads how the server is backed up. The key never stands in the configuration: who has one file has not the other.</summary>
internal static class BackupReader
{
    // More are kept where disks are cheap, by other means.
    private const int MaxKept = 10_000;

    // A key is 44 or 64 characters, and perhaps a line end.
    private const int MaxKeyBytes = 1024;

    /// <param name="backup">Null: there are no backups.</param>
    public static BackupSettings? Read(ConfigElement? backup, string folder)
    {
        if (backup is null) return null;
        var (file, variable) = (backup.Find("keyFile"), backup.Find("keyVariable"));
        if ((file is null) == (variable is null)) throw backup.Wrong("one of \"keyFile\" and \"keyVariable\" is wanted here; make a key with: dotnet run --project server/OpcPortal.Host -- new-backup-key FILE");
        var settings = new BackupSettings(
            Path.GetFullPath(backup.Find("folder")?.Text() ?? "backups", folder),
            file is not null ? () => FromFile(file, Path.GetFullPath(file.Text(), folder)) : () => FromEnvironment(variable!),
            backup.Find("keep")?.Integer(1, MaxKept) ?? 7,
            backup.Find("every")?.Duration(TimeSpan.FromMinutes(1), TimeSpan.FromDays(366)),
            backup.Find("privateKeys")?.Boolean() ?? false);
        backup.RefuseUnread();
        return settings;
    }

    private static BackupKey FromFile(ConfigElement place, string path)
    {
        string text;
        try
        {
            text = ReadKeyText(path);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw place.Wrong($"the key cannot be read: {unreadable.Message}");
        }

        return BackupKey.TryParse(text, out var key) ? key : throw place.Wrong($"{path} holds no key of 32 bytes, in Base64 or hexadecimal");
    }

    private static BackupKey FromEnvironment(ConfigElement place)
    {
        var name = place.Text(128);
        if (Environment.GetEnvironmentVariable(name) is not { Length: > 0 } text) throw place.Wrong($"the environment variable {name} is not set: it is to hold the key of backups");
        return BackupKey.TryParse(text, out var key) ? key : throw place.Wrong($"the environment variable {name} holds no key of 32 bytes, in Base64 or hexadecimal");
    }

    /// <summary>The text of a file that may hold a key.</summary>
    /// <exception cref="IOException">It cannot be read, or is too long for one.</exception>
    public static string ReadKeyText(string path) => new FileInfo(path).Length <= MaxKeyBytes ? File.ReadAllText(path) : throw new IOException($"{path} is longer than a key.");
}
