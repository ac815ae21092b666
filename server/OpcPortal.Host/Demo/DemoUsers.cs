using System.Security.Cryptography;
using System.Text;
using OpcPortal.Server;
using OpcPortal.Ua;
using OpcPortal.Ua.Server;

namespace OpcPortal.Host;

/// <summary>The users of a demonstration, with passwords made for one start.</summary>
internal sealed class DemoUsers
{
    // A password of 60 random bits is not guessed, however cheap a guess is: a start should not wait for costly hashes.
    private const int Iterations = 1_000;
    private const int PasswordLength = 12;
    private const string Letters = "abcdefghjkmnpqrstuvwxyz23456789";

    private static readonly (string Name, int Role)[] Known = [("viewer", RoleTable.Observer), ("operator", RoleTable.Operator), ("security", RoleTable.SecurityAdmin)];

    public DemoUsers()
    {
        Passwords = [.. Known.Select(user => (user.Name, RandomNumberGenerator.GetString(Letters, PasswordLength)))];
        Hashes = Passwords.ToDictionary(user => user.Name, user => PasswordHash.Create(Encoding.UTF8.GetBytes(user.Password), Iterations));
    }

    /// <summary>To be shown to who started the demonstration; never logged.</summary>
    public IReadOnlyList<(string Name, string Password)> Passwords { get; }

    public IReadOnlyDictionary<string, PasswordHash> Hashes { get; }

    /// <summary>Anonymous users may look, in the demonstration.</summary>
    public static IReadOnlyList<IdentityMappings.Rule> Rules { get; } =
    [
        .. Known.Select(user => new IdentityMappings.Rule(user.Role, IdentityCriteriaType.UserName, user.Name)),
        new(RoleTable.Observer, IdentityCriteriaType.Anonymous, null),
    ];
}
