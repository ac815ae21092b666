using System.Security.Cryptography;

namespace OpcPortal.Ua.Security;

/// <summary>Random bytes that are used once.</summary>
public static class Nonce
{
    /// <summary>Bytes of a session's nonce: at least 32 are asked for. Part 4 5.7.2.2.</summary>
    public const int SessionLength = 32;

    /// <summary>A nonce for an OpenSecureChannel message; empty under None.</summary>
    public static byte[] ForChannel(SecurityPolicy policy) => RandomNumberGenerator.GetBytes(policy.NonceLength);

    public static byte[] ForSession() => RandomNumberGenerator.GetBytes(SessionLength);
}
