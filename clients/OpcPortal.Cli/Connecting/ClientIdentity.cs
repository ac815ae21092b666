using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OpcPortal.Ua.Client;
using OpcPortal.Ua.Security;
using Spectre.Console;

namespace OpcPortal.Cli.Connecting;

/// <summary>Who the client and its user are: the application certificate in the PKI folder, and the user as the command line says.</summary>
internal static class ClientIdentity
{
    public static TrustListStore OpenStore(CliContext context, ConnectionSettings settings)
    {
        try
        {
            return new TrustListStore(settings.Pki, context.Time);
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCodes.Usage, $"The folder {settings.Pki} cannot be used: {failed.Message}", "Choose another: --pki FOLDER");
        }
    }

    /// <summary>The client's certificate; made, and said so, where there is none yet.</summary>
    public static ApplicationCertificate Own(CliContext context, TrustListStore store)
    {
        if (store.LoadOwn() is { } own) return own;
        var made = Create(context, store, hosts: [Environment.MachineName], keySize: 2048);
        context.Note($"Made a certificate for this client, {made.ApplicationUri}, in {store.Root}. A server that does not know it yet must be told to trust it: opcportal cert show");
        return made;
    }

    public static ApplicationCertificate Create(CliContext context, TrustListStore store, IReadOnlyList<string> hosts, int keySize) => store.SaveOwn(new CertificateFactory(context.Time).CreateSelfSigned(new CertificateSubject
    {
        Name = "opcportal",
        ApplicationUri = $"urn:{Environment.MachineName.ToLowerInvariant()}:opcportal:cli",
        Hosts = hosts,
        KeySize = keySize,
    }));

    public static UserIdentity User(CliContext context, ConnectionSettings settings)
    {
        if (settings is { UserName: not null, UserCertificate: not null }) throw new CliException(ExitCodes.Usage, "--user and --user-cert exclude each other.");
        if (settings.UserName is { } name) return UserIdentity.Password(name, Secret(context, settings, $"Password of {name}: ") ?? throw NoPassword(name));
        return settings.UserCertificate is { } file ? UserIdentity.Certificate(LoadWithKey(context, settings, file)) : UserIdentity.Anonymous;
    }

    private static CliException NoPassword(string name) => new(ExitCodes.Usage, $"There is no password for {name} and nobody to ask.", "Give it: --password-file FILE");

    private static string? Secret(CliContext context, ConnectionSettings settings, string prompt)
    {
        if (settings.Password is { } given) return given;
        if (settings.PasswordFile is { } file) return File.ReadLines(file).FirstOrDefault() ?? throw new CliException(ExitCodes.Usage, $"{file} is empty.");
        return context.CanAsk ? context.Error.Prompt(new TextPrompt<string>(Markup.Escape(prompt)).Secret(null).AllowEmpty()) : null;
    }

    /// <summary>A certificate with its private key, from a PEM or PFX file of this machine.</summary>
    public static X509Certificate2 LoadWithKey(CliContext context, ConnectionSettings settings, string file)
    {
        try
        {
            var isPem = File.ReadAllBytes(file).AsSpan().StartsWith("-----"u8);
            return isPem ? X509Certificate2.CreateFromPemFile(file) : X509CertificateLoader.LoadPkcs12FromFile(file, Secret(context, settings, $"Password of {file}: "));
        }
        catch (CryptographicException unreadable)
        {
            throw new CliException(ExitCodes.Usage, $"{file} holds no certificate with its private key: {unreadable.Message}", "A PEM file needs both, CERTIFICATE and PRIVATE KEY; a PFX file its password.");
        }
    }
}
