using System.Security.Cryptography;
using System.Text;
using OpcPortal.Models;
using OpcPortal.Server;
using OpcPortal.Ua;
using OpcPortal.Ua.Server;

namespace OpcPortal.Host;

/// <summary>
/// The users of a demonstration, with passwords made for one start: two of no entity who have their roles in the show houses, the managers of the house, and three customers.
/// </summary>
internal sealed class DemoUsers
{
    // A password of 60 random bits is not guessed, however cheap a guess is: a start should not wait for costly hashes.
    private const int Iterations = 1_000;
    private const int PasswordLength = 12;
    private const string Letters = "abcdefghjkmnpqrstuvwxyz23456789";

    private static readonly (string Name, int Role)[] Visitors = [("viewer", RoleTable.Observer), ("operator", RoleTable.Operator)];

    // Each policy change wants two managers who did not propose it, so there are two of each power that approves.
    private static readonly (string Name, string Entity, ManagerPower Power)[] Members =
    [
        ("system", DemoEntities.House, ManagerPower.System), ("system2", DemoEntities.House, ManagerPower.System),
        ("security", DemoEntities.House, ManagerPower.Security), ("security2", DemoEntities.House, ManagerPower.Security),
        ("network", DemoEntities.House, ManagerPower.Network),
        (DemoEntities.Ann, DemoEntities.Ann, ManagerPower.None), (DemoEntities.Bob, DemoEntities.Bob, ManagerPower.None), (DemoEntities.Dora, DemoEntities.Dora, ManagerPower.None),
    ];

    public DemoUsers()
    {
        Passwords = [.. Visitors.Select(user => user.Name).Concat(Members.Select(user => user.Name)).Select(name => (name, RandomNumberGenerator.GetString(Letters, PasswordLength)))];
        Hashes = Passwords.ToDictionary(user => user.Name, user => PasswordHash.Create(Encoding.UTF8.GetBytes(user.Password), Iterations));
    }

    /// <summary>To be shown to who started the demonstration; never logged.</summary>
    public IReadOnlyList<(string Name, string Password)> Passwords { get; }

    public IReadOnlyDictionary<string, PasswordHash> Hashes { get; }

    /// <summary>Those who belong to an entity, for the directory. Their passwords stand in no record: they end with this start.</summary>
    public static IReadOnlyList<Individual> Individuals { get; } =
        [.. Members.Select(user => new Individual { Id = user.Name, Entity = user.Entity, Name = user.Name, UserName = user.Name, Power = user.Power })];

    /// <summary>Anonymous users may look, in the demonstration.</summary>
    public static IReadOnlyList<IdentityMappings.Rule> Rules { get; } =
    [
        .. Visitors.Select(user => new IdentityMappings.Rule(user.Role, IdentityCriteriaType.UserName, user.Name)),
        new(RoleTable.Observer, IdentityCriteriaType.Anonymous, null),
    ];
}
