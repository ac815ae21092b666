using System.Text;
using Microsoft.Extensions.Time.Testing;
using OpcPortal.Models;

namespace OpcPortal.Server.Tests;

/// <summary>Whose password is right, whoever keeps it.</summary>
public sealed class DirectoryPasswordsTests
{
    private readonly FakeTimeProvider _time = new(Parties.Start);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    // Cheap: what is tested is whose it is.
    private static PasswordHash Hash(string password) => PasswordHash.Create(Encoding.UTF8.GetBytes(password), 1000);

    private static string Written(string password) => PasswordHash.Create(Encoding.UTF8.GetBytes(password)).Write();

    private async Task<(PortalDirectory Directory, DirectoryPasswords Passwords)> OpenAsync(params object[] records)
    {
        var directory = await PortalDirectory.OpenAsync(new MemoryRecordStore(), _time, cancellation: Token);
        await directory.ApplyAsync([Parties.Utility, .. records], "test", "parties", Token);
        return (directory, new DirectoryPasswords(directory, new Dictionary<string, PasswordHash> { ["visitor"] = Hash("looking"), ["carl"] = Hash("of today") }, _time));
    }

    private static async Task<bool> IsRight(DirectoryPasswords passwords, string user, string password) => await passwords.VerifyAsync(user, Encoding.UTF8.GetBytes(password), Token);

    [Fact]
    public async Task Individuals_and_users_of_the_configuration_come_in_with_their_own_password_alone()
    {
        var (_, passwords) = await OpenAsync(Parties.Named("dana", "river") with { PasswordHash = Written("open sesame") }, Parties.Named("carl", "river"));
        using (passwords)
        {
            Assert.True(await IsRight(passwords, "dana", "open sesame"));
            Assert.False(await IsRight(passwords, "dana", "looking"));
            Assert.True(await IsRight(passwords, "visitor", "looking"));
            Assert.False(await IsRight(passwords, "visitor", "open sesame"));
            // An individual whose password stands in the configuration.
            Assert.True(await IsRight(passwords, "carl", "of today"));
            Assert.False(await IsRight(passwords, "nobody", "looking"));
            Assert.False(await IsRight(passwords, "dana", ""));
        }
    }

    [Fact]
    public async Task A_password_is_right_while_its_individual_is_active_and_a_new_one_holds_at_once()
    {
        var dana = Parties.Named("dana", "river") with { PasswordHash = Written("first"), Active = new ActivePeriod(Parties.Start, Parties.Start.AddHours(1)) };
        var (directory, passwords) = await OpenAsync(dana);
        using (passwords)
        {
            Assert.True(await IsRight(passwords, "dana", "first"));
            await directory.ApplyAsync([dana with { PasswordHash = Written("second") }], "test", "changed", Token);
            Assert.False(await IsRight(passwords, "dana", "first"));
            Assert.True(await IsRight(passwords, "dana", "second"));
            _time.Advance(TimeSpan.FromHours(1));
            Assert.False(await IsRight(passwords, "dana", "second"));
        }
    }
}
