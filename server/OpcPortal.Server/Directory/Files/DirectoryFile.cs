using OpcPortal.Adapters;
using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>A record as a file gives it.</summary>
/// <param name="Record">A record of the directory, or a <see cref="DirectoryRemoval"/>.</param>
/// <param name="Place">Where it stands, for messages.</param>
public sealed record FileRecord(object Record, ConfigElement Place);

/// <summary>
/// Reads records of the directory from JSON: a file of the folder, or the document of a proposed change. docs/directory.schema.json describes the form; agreements are never among them,
/// for they want signatures.
/// </summary>
public static class DirectoryFile
{
    /// <param name="file">The name that messages give; certificates are looked for beside it.</param>
    /// <param name="mayReadFiles">Whether certificates may be given by path: not where the document comes from a client.</param>
    /// <exception cref="ConfigurationException">Something is wrong: <c>file:line: reason</c>.</exception>
    public static IReadOnlyList<FileRecord> Read(string file, ReadOnlySpan<byte> utf8, bool mayReadFiles)
    {
        var root = ConfigElement.Parse(file, utf8);
        root.Find("$schema");
        var records = new List<FileRecord>();
        var identities = new IdentityFileReader(mayReadFiles);
        Add("kinds", EntityFileReader.Kind);
        Add("dataClasses", EntityFileReader.DataClass);
        Add("entities", EntityFileReader.Entity);
        Add("applications", identities.Application);
        Add("individuals", identities.Individual);
        Add("stewardships", OwnershipFileReader.Stewardship);
        Add("tenancies", OwnershipFileReader.Tenancy);
        Add("premises", OwnershipFileReader.Premises);
        Add("rules", RuleFileReader.Rule);
        Add("remove", Removal);
        root.RefuseUnread();
        return records;

        void Add(string section, Func<ConfigElement, object> read)
        {
            if (root.Find(section) is not { } list) return;
            foreach (var item in list.Items)
            {
                records.Add(new FileRecord(read(item), item));
                item.RefuseUnread();
            }
        }
    }

    private static object Removal(ConfigElement item)
    {
        var kind = item.Get("kind");
        if (RecordKinds.Find(kind.Text()) is not { IsRemovable: true } found || found == RecordKinds.Document)
            throw kind.Wrong("stewardship, tenancy, premises or rule is wanted here; the others are ended by their period");
        return new DirectoryRemoval(found.Name, item.Get("id").Text());
    }
}
