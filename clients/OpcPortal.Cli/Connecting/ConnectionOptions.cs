using System.CommandLine;
using OpcPortal.Ua;
using OpcPortal.Ua.Client;
using OpcPortal.Ua.Security;

namespace OpcPortal.Cli.Connecting;

/// <summary>The options that all commands share.</summary>
internal sealed class ConnectionOptions
{
    private const string DefaultUrl = "opc.tcp://localhost:4840";
    private const double DefaultTimeout = 10;

    private readonly string _defaultPki;
    private readonly Option<string> _url;
    private readonly Option<string?> _policy = new("--policy") { Description = "Security policy, such as Aes256_Sha256_RsaPss or None; without it the strongest that both sides have.", HelpName = "name", Recursive = true };
    private readonly Option<MessageSecurityMode?> _mode = new("--mode") { Description = "Security mode; without it the strongest.", Recursive = true };
    private readonly Option<string?> _user = new("--user") { Description = "User name; the password is asked for unless it is given.", Recursive = true };
    private readonly Option<string?> _password = new("--password") { Description = "Password. Others can see it in the list of processes: --password-file is better.", Recursive = true };
    private readonly Option<string?> _passwordFile = new("--password-file") { Description = "File whose first line is the password.", Recursive = true };
    private readonly Option<string?> _userCertificate = new("--user-cert") { Description = "The user's certificate with its key: a PEM file, or a PFX file whose password is given like a user's.", Recursive = true };
    private readonly Option<string> _pki;
    private readonly Option<double> _timeout = new("--timeout") { Description = "Seconds to wait for an answer.", DefaultValueFactory = _ => DefaultTimeout, Recursive = true };
    private readonly Option<bool> _json = new("--json") { Description = "JSON for scripts: one document, or one a line from watch and events.", Recursive = true };

    public ConnectionOptions(CliContext context)
    {
        _defaultPki = context.Environment("OPCPORTAL_PKI")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData, Environment.SpecialFolderOption.DoNotVerify), "opcportal", "pki");
        _url = new("--url", "-u") { Description = "The server's address (or in OPCPORTAL_URL).", DefaultValueFactory = _ => context.Environment("OPCPORTAL_URL") ?? DefaultUrl, Recursive = true };
        _pki = new("--pki") { Description = "Folder of this client's certificate and of those it trusts (or in OPCPORTAL_PKI).", DefaultValueFactory = _ => _defaultPki, Recursive = true };
        _policy.AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, [.. SecurityPolicy.All.Select(p => p.Name)]);
        _mode.AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, nameof(MessageSecurityMode.None), nameof(MessageSecurityMode.Sign), nameof(MessageSecurityMode.SignAndEncrypt));
        _timeout.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<double>() is <= 0 or > 3600) result.AddError("--timeout is between 0 and 3600 seconds.");
        });
    }

    public void AddTo(RootCommand root)
    {
        foreach (var option in (Option[])[_url, _policy, _mode, _user, _password, _passwordFile, _userCertificate, _pki, _timeout, _json]) root.Options.Add(option);
    }

    public ConnectionSettings Read(ParseResult parsed)
    {
        var pki = Path.GetFullPath(parsed.GetRequiredValue(_pki));
        return new()
        {
            Url = UaClient.ParseUrl(parsed.GetRequiredValue(_url)),
            Policy = SecurityPolicy.All.FirstOrDefault(p => p.Name.Equals(parsed.GetValue(_policy), StringComparison.OrdinalIgnoreCase)),
            Mode = parsed.GetValue(_mode),
            UserName = parsed.GetValue(_user),
            Password = parsed.GetValue(_password),
            PasswordFile = parsed.GetValue(_passwordFile),
            UserCertificate = parsed.GetValue(_userCertificate),
            Pki = pki,
            IsOtherPki = pki != Path.GetFullPath(_defaultPki),
            Timeout = TimeSpan.FromSeconds(parsed.GetValue(_timeout)),
            Json = parsed.GetValue(_json),
        };
    }
}
