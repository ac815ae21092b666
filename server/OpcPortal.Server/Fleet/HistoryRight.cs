using OpcPortal.Models;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>What one user may do with the history of one point.</summary>
/// <param name="Readable">What may be seen, oldest first; they do not overlap.</param>
/// <param name="Editable">What may be changed.</param>
/// <param name="SeesPersons">Whether the persons behind what was said of readings are shown: to the owner and the custodian.</param>
/// <param name="Author">As whom the user changes readings.</param>
/// <param name="Responsible">The entity that answers for readings that are changed now; null: as before.</param>
internal sealed record HistoryRight(HistoryWindow[] Readable, HistoryWindow Editable, bool SeesPersons, QualityAuthor Author, string? Responsible)
{
    /// <summary>Where roles alone govern: nobody is known to whom something might belong.</summary>
    public static HistoryRight ByRoles(AccessContext? who) =>
        new([HistoryWindow.Whole], HistoryWindow.Whole, true, new QualityAuthor(null, who?.ApplicationUri, who?.UserName), null);

    public string? NameOf(QualityAuthor author) => NameOf(author, SeesPersons);

    /// <summary>An author as far as the user may know: entities and programs, and persons to those who answer for the reading.</summary>
    /// <returns>Null where nobody but the source said it.</returns>
    public static string? NameOf(QualityAuthor author, bool seesPersons)
    {
        var person = seesPersons ? author.Person : null;
        var name = string.Join('/', new[] { author.Entity, author.Application, person }.Where(part => part is not null));
        return name.Length == 0 ? null : name;
    }
}

/// <summary>Tells what users may do with the history of nodes that they were granted. Thread-safe.</summary>
internal interface IHistoryRights
{
    /// <param name="interval">What a reading covers, ending with its time; zero: an instant.</param>
    HistoryRight Of(in NodeGrant grant, TimeSpan interval);

    /// <summary>Whether the user who was granted a node is shown persons.</summary>
    bool SeesPersons(in NodeGrant grant);

    /// <summary>Told which stretch of it was read.</summary>
    void Read(in NodeGrant grant, DateTime from, DateTime until);
}
