using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OpcPortal.Ua.Security;

/// <summary>An RSA private key that several threads use at once: RSA objects are not thread-safe, so each use borrows one.</summary>
public sealed class PrivateKey : IDisposable
{
    private readonly Func<RSA> _open;
    private readonly ConcurrentBag<RSA> _idle = [];

    private PrivateKey(Func<RSA> open)
    {
        _open = open;
        _idle.Add(open());
        KeySize = _idle.First().KeySize;
    }

    /// <summary>Bits of the modulus.</summary>
    public int KeySize { get; }

    /// <exception cref="ArgumentException">The certificate has no RSA private key.</exception>
    public static PrivateKey Of(X509Certificate2 certificate) =>
        new(() => certificate.GetRSAPrivateKey() ?? throw new ArgumentException($"{certificate.Subject} has no RSA private key.", nameof(certificate)));

    public int Sign(SecurityPolicy policy, ReadOnlySpan<byte> data, Span<byte> signature)
    {
        var key = Rent();
        try
        {
            return policy.Sign(key, data, signature);
        }
        finally
        {
            _idle.Add(key);
        }
    }

    /// <inheritdoc cref="SecurityPolicy.TryDecrypt"/>
    public bool TryDecrypt(SecurityPolicy policy, ReadOnlySpan<byte> cipher, Span<byte> plain, out int length)
    {
        var key = Rent();
        try
        {
            return policy.TryDecrypt(key, cipher, plain, out length);
        }
        finally
        {
            _idle.Add(key);
        }
    }

    private RSA Rent() => _idle.TryTake(out var key) ? key : _open();

    public void Dispose()
    {
        while (_idle.TryTake(out var key)) key.Dispose();
    }
}
