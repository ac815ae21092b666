using System.Security.Cryptography;

namespace OpcPortal.Server.Tests;

public sealed class PasswordHashTests
{
    [Fact]
    public void A_hash_matches_its_password_and_no_other_also_after_it_was_written_and_read()
    {
        var written = PasswordHash.Create("correct horse"u8).Write();
        Assert.True(PasswordHash.TryParse(written, out var hash));
        Assert.True(hash.Matches("correct horse"u8));
        Assert.False(hash.Matches("correct hors"u8));
        Assert.False(hash.Matches(""u8));
    }

    [Fact]
    public void It_is_PBKDF2_with_SHA256_so_that_other_tools_can_make_it()
    {
        var salt = "0123456789abcdef"u8.ToArray();
        var derived = Rfc2898DeriveBytes.Pbkdf2("secret"u8, salt, 600_000, HashAlgorithmName.SHA256, 32);
        Assert.True(PasswordHash.TryParse($"pbkdf2-sha256$600000${Convert.ToBase64String(salt)}${Convert.ToBase64String(derived)}", out var hash));
        Assert.True(hash.Matches("secret"u8));
    }

    // Made by another implementation (hash-wasm, whose result for the first test of the reference implementation is right); with Argon2's own tool:
    // printf correct | argon2 saltsaltsaltsalt -id -t 2 -k 19456 -p 1 -l 32
    [Fact]
    public void New_ones_are_Argon2id_in_the_form_that_its_tools_share()
    {
        Assert.StartsWith("$argon2id$v=19$m=19456,t=2,p=1$", PasswordHash.Create("correct"u8).Write(), StringComparison.Ordinal);
        Assert.True(PasswordHash.TryParse("$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$fefRlGsqaC1Nu7o0flrcgN6V3JinUM6s/nqmhFrfdUc", out var hash));
        Assert.True(hash.Matches("correct"u8));
        Assert.False(hash.Matches("Correct"u8));
        Assert.Equal("$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$fefRlGsqaC1Nu7o0flrcgN6V3JinUM6s/nqmhFrfdUc", hash.Write());
    }

    [Theory]
    [InlineData("$argon2id$v=19$m=4096,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY")]
    [InlineData("$argon2id$v=19$m=19456,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY")]
    [InlineData("$argon2id$v=19$m=1000000,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY")]
    [InlineData("$argon2id$v=16$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY")]
    [InlineData("$argon2i$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY")]
    [InlineData("")]
    [InlineData("secret")]
    [InlineData("pbkdf2-sha256$1000$MDEyMzQ1Njc4OWFiY2RlZg==$MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=")]
    [InlineData("pbkdf2-sha256$999999999$MDEyMzQ1Njc4OWFiY2RlZg==$MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=")]
    [InlineData("pbkdf2-sha256$600000$c2FsdA==$MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=")]
    [InlineData("pbkdf2-sha256$600000$MDEyMzQ1Njc4OWFiY2RlZg==$MDEy")]
    [InlineData("pbkdf2-sha256$600000$MDEyMzQ1Njc4OWFiY2RlZg==$not base64")]
    [InlineData("md5$600000$MDEyMzQ1Njc4OWFiY2RlZg==$MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=")]
    public void What_is_no_hash_or_a_cheap_one_is_refused(string text) => Assert.False(PasswordHash.TryParse(text, out _));

    [Fact]
    public async Task Only_a_known_user_with_the_right_password_comes_in()
    {
        using var users = new PasswordUsers(new Dictionary<string, PasswordHash> { ["ann"] = PasswordHash.Create("right"u8, 1000) });
        var token = TestContext.Current.CancellationToken;
        Assert.True(await users.VerifyAsync("ann", "right"u8.ToArray(), token));
        Assert.False(await users.VerifyAsync("ann", "wrong"u8.ToArray(), token));
        Assert.False(await users.VerifyAsync("Ann", "right"u8.ToArray(), token));
        Assert.False(await users.VerifyAsync("bob", "right"u8.ToArray(), token));
    }

    [Fact]
    public async Task Hashes_of_both_schemes_are_valid_side_by_side()
    {
        using var users = new PasswordUsers(new Dictionary<string, PasswordHash> { ["old"] = PasswordHash.Create("right"u8, 1000), ["new"] = PasswordHash.Create("right"u8) });
        var token = TestContext.Current.CancellationToken;
        foreach (var name in (string[])["old", "new"])
        {
            Assert.True(await users.VerifyAsync(name, "right"u8.ToArray(), token));
            Assert.False(await users.VerifyAsync(name, "wrong"u8.ToArray(), token));
        }

        Assert.False(await users.VerifyAsync("nobody", "right"u8.ToArray(), token));
    }
}
