using System.Security.Cryptography;

namespace OpcPortal.Ua.Security.Tests;

public sealed class SecurityPolicyTests
{
    public static TheoryData<string> Secured => [.. SecurityPolicy.All.Where(p => !p.IsNone).Select(p => p.Uri)];

    [Theory]
    [InlineData("http://opcfoundation.org/UA/SecurityPolicy#Basic128Rsa15")]
    [InlineData("http://opcfoundation.org/UA/SecurityPolicy#Basic256")]
    [InlineData("http://opcfoundation.org/UA/SecurityPolicy#none")]
    [InlineData("")]
    [InlineData(null)]
    public void A_policy_that_is_obsolete_or_unknown_is_not_offered(string? uri) => Assert.False(SecurityPolicy.TryGet(uri, out _));

    [Theory]
    [MemberData(nameof(Secured))]
    public void What_a_policy_encrypts_in_several_blocks_it_decrypts(string uri)
    {
        SecurityPolicy.TryGet(uri, out var policy);
        using var rsa = RSA.Create(2048);
        var plain = RandomNumberGenerator.GetBytes((policy.PlainBlockLength(rsa) * 2) + 5);
        var cipher = new byte[3 * 256];
        Assert.Equal(cipher.Length, policy.Encrypt(rsa, plain, cipher));

        var result = new byte[cipher.Length];
        Assert.True(policy.TryDecrypt(rsa, cipher, result, out var length));
        Assert.Equal(plain, result[..length]);

        cipher[300] ^= 1;
        Assert.False(policy.TryDecrypt(rsa, cipher, result, out length));
        Assert.Equal(0, length);
        Assert.False(policy.TryDecrypt(rsa, cipher.AsSpan(1), result, out _));
    }

    [Theory]
    [MemberData(nameof(Secured))]
    public void A_signature_holds_for_its_data_and_key_alone(string uri)
    {
        SecurityPolicy.TryGet(uri, out var policy);
        using var rsa = RSA.Create(2048);
        using var other = RSA.Create(2048);
        var data = RandomNumberGenerator.GetBytes(100);
        var signature = new byte[256];
        Assert.Equal(256, policy.Sign(rsa, data, signature));

        Assert.True(policy.Verify(rsa, data, signature));
        Assert.False(policy.Verify(other, data, signature));
        Assert.False(policy.Verify(rsa, data.AsSpan(1), signature));
        Assert.False(policy.Verify(rsa, data, signature.AsSpan(1)));
    }
}
