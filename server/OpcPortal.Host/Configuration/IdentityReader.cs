using OpcPortal.Adapters;
using OpcPortal.Server;
using OpcPortal.Ua;
using OpcPortal.Ua.Server;

namespace OpcPortal.Host;

/// <summary>Reads who may log in, and which of the well-known roles each has. Part 3 4.9.2, Part 18 4.4.3.</summary>
internal static class IdentityReader
{
    /// <summary>Users of a file: more belong into a directory service.</summary>
    private const int MaxUsers = 10_000;

    private static readonly (string Name, int Number)[] Roles =
    [
        ("AuthenticatedUser", RoleTable.AuthenticatedUser), ("Observer", RoleTable.Observer), ("Operator", RoleTable.Operator), ("Engineer", RoleTable.Engineer),
        ("Supervisor", RoleTable.Supervisor), ("ConfigureAdmin", RoleTable.ConfigureAdmin), ("SecurityAdmin", RoleTable.SecurityAdmin),
    ];

    public static (Dictionary<string, PasswordHash> Users, List<IdentityMappings.Rule> Rules) Read(ConfigElement root)
    {
        var users = new Dictionary<string, PasswordHash>(StringComparer.Ordinal);
        var rules = new List<IdentityMappings.Rule>();
        if (root.Find("users") is { } list)
        {
            if (list.Items.Count > MaxUsers) throw list.Wrong($"at most {MaxUsers} users are wanted here");
            foreach (var user in list.Items) ReadUser(user, users, rules);
        }

        foreach (var identity in root.Find("identities")?.Items ?? []) ReadIdentity(identity, rules);
        return (users, rules);
    }

    private static void ReadUser(ConfigElement user, Dictionary<string, PasswordHash> users, List<IdentityMappings.Rule> rules)
    {
        var name = user.Get("name");
        var written = user.Get("passwordHash");
        // The text itself is not repeated: it may be a password that somebody took for a hash.
        if (!PasswordHash.TryParse(written.Text(), out var hash)) throw written.Wrong("this is no password hash; make one with: dotnet run --project server/OpcPortal.Host -- hash-password");
        if (!users.TryAdd(name.Text(256), hash)) throw name.Wrong($"the user '{name.Text()}' is given twice");
        foreach (var role in ReadRoles(user.Get("roles"))) rules.Add(new IdentityMappings.Rule(role, IdentityCriteriaType.UserName, name.Text()));
        user.RefuseUnread();
    }

    private static void ReadIdentity(ConfigElement identity, List<IdentityMappings.Rule> rules)
    {
        var (criteria, value) = identity switch
        {
            _ when identity.Find("certificate") is { } thumbprint => (IdentityCriteriaType.Thumbprint, ReadThumbprint(thumbprint)),
            _ when identity.Find("subject") is { } subject => (IdentityCriteriaType.X509Subject, subject.Text()),
            _ when identity.Find("application") is { } application => (IdentityCriteriaType.Application, application.Text()),
            _ when identity.Find("anonymous")?.Boolean() == true => (IdentityCriteriaType.Anonymous, null),
            _ when identity.Find("authenticated")?.Boolean() == true => (IdentityCriteriaType.AuthenticatedUser, (string?)null),
            _ => throw identity.Wrong("one of \"certificate\", \"subject\", \"application\", \"anonymous\": true, \"authenticated\": true is wanted here"),
        };
        foreach (var role in ReadRoles(identity.Get("roles"))) rules.Add(new IdentityMappings.Rule(role, criteria, value));
        identity.RefuseUnread();
    }

    private static string ReadThumbprint(ConfigElement element)
    {
        var text = element.Text(64);
        return text.Length == 40 && text.All(char.IsAsciiHexDigit) ? text.ToUpperInvariant() : throw element.Wrong("a SHA-1 thumbprint, 40 hexadecimal digits, is wanted here");
    }

    private static IEnumerable<int> ReadRoles(ConfigElement list)
    {
        if (list.Items.Count == 0) throw list.Wrong("at least one role is wanted here");
        foreach (var item in list.Items)
        {
            var at = Array.FindIndex(Roles, role => role.Name == item.Text());
            yield return at >= 0 ? Roles[at].Number : throw item.Wrong($"'{item.Text()}' is no role; known are {string.Join(", ", Roles.Select(role => role.Name))}");
        }
    }
}
