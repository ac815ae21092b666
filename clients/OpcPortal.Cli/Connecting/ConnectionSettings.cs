using OpcPortal.Ua;
using OpcPortal.Ua.Security;

namespace OpcPortal.Cli.Connecting;

/// <summary>What the command line says about the connection.</summary>
internal sealed record ConnectionSettings
{
    public required Uri Url { get; init; }
    public SecurityPolicy? Policy { get; init; }
    public MessageSecurityMode? Mode { get; init; }
    public string? UserName { get; init; }
    public string? Password { get; init; }
    public string? PasswordFile { get; init; }
    public string? UserCertificate { get; init; }
    public required string Pki { get; init; }

    /// <summary>Whether the folder is not the one that is taken anyhow: then a command to type next must name it.</summary>
    public bool IsOtherPki { get; init; }

    public TimeSpan Timeout { get; init; }
    public bool Json { get; init; }

    public string PkiArgument => IsOtherPki ? $" --pki {Pki}" : "";
}
