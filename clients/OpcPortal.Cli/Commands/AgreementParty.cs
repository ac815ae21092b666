using System.CommandLine;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using OpcPortal.Cli.Connecting;
using OpcPortal.Models;

namespace OpcPortal.Cli.Commands;

/// <summary>Who signs: the party, its application or individual, and the key, which stays on this machine.</summary>
internal sealed class AgreementParty : IDisposable
{
    /// <summary>Beside the certificate in the PKI folder: <c>{ "party": "ann", "signer": "ann-app" }</c>, so that nobody has to type it.</summary>
    private const string FileName = "party.json";

    private readonly X509Certificate2 _certificate;
    private readonly RSA _key;

    private AgreementParty(string party, string signer, X509Certificate2 certificate)
    {
        Party = party;
        Signer = signer;
        _certificate = certificate;
        _key = certificate.GetRSAPrivateKey() ?? throw new CliException(ExitCodes.Usage, $"{certificate.Subject} has no RSA key.", "Agreements are signed with RSA keys of 2048 to 8192 bits.");
    }

    public string Party { get; }
    public string Signer { get; }

    /// <summary>An act without its signature.</summary>
    public SignedAct Begin(AgreementAct act, AgreementTerms? terms, string? reason, DateTime at) => new()
    {
        Act = act,
        Party = Party,
        Signer = Signer,
        At = at,
        Nonce = AgreementSignature.NewNonce(),
        Reason = reason,
        Terms = terms,
        Certificate = Convert.ToBase64String(_certificate.RawData),
        Signature = "",
    };

    public SignedAct Sign(SignedAct unsigned, ActStatement statement) => AgreementSignature.Sign(unsigned, statement, _key);

    public void Dispose()
    {
        _key.Dispose();
        _certificate.Dispose();
    }

    /// <summary>The options that say who signs.</summary>
    internal sealed class Options
    {
        private readonly Option<string?> _key = new("--key") { Description = "The party's certificate with its key, a PEM or PFX file; without it the client's own of the PKI folder. The key never leaves this machine." };
        private readonly Option<string?> _party = new("--party") { Description = $"The entity that acts; without it as {FileName} of the PKI folder says." };
        private readonly Option<string?> _signer = new("--signer") { Description = $"Its application or individual whose key signs; without it as {FileName} of the PKI folder says." };

        public void AddTo(Command command)
        {
            foreach (var option in (Option[])[_key, _party, _signer]) command.Options.Add(option);
        }

        public AgreementParty Read(CliContext context, ConnectionSettings settings, ParseResult parsed)
        {
            var (party, signer) = (parsed.GetValue(_party), parsed.GetValue(_signer));
            if (party is null || signer is null)
            {
                var known = Known(settings);
                party ??= known?.Party;
                signer ??= known?.Signer;
            }

            if (party is null || signer is null) throw new CliException(ExitCodes.Usage, "Who signs?", $"Say so: --party ENTITY --signer APPLICATION, or in {Path.Combine(settings.Pki, FileName)}");
            return new AgreementParty(party, signer, parsed.GetValue(_key) is { } file ? ClientIdentity.LoadWithKey(context, settings, file) : Own(context, settings));
        }

        private static X509Certificate2 Own(CliContext context, ConnectionSettings settings) => ClientIdentity.Own(context, ClientIdentity.OpenStore(context, settings)).Certificate;

        private static PartyFile? Known(ConnectionSettings settings)
        {
            var file = Path.Combine(settings.Pki, FileName);
            if (!File.Exists(file)) return null;
            try
            {
                return JsonSerializer.Deserialize<PartyFile>(File.ReadAllBytes(file), JsonSerializerOptions.Web);
            }
            catch (JsonException malformed)
            {
                throw new CliException(ExitCodes.Usage, $"{file} cannot be read: {malformed.Message}", "It looks so: { \"party\": \"ann\", \"signer\": \"ann-app\" }");
            }
        }
    }

    private sealed record PartyFile(string? Party, string? Signer);
}
