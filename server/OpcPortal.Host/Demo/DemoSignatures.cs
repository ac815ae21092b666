using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OpcPortal.Models;
using OpcPortal.Server;

namespace OpcPortal.Host;

/// <summary>Lets the entities of the demonstration agree: each act is signed with the key of its party's folder and taken by the server like any other.</summary>
internal static class DemoSignatures
{
    /// <summary>Proposes and accepts what is not there yet; what became of the others since stays.</summary>
    /// <exception cref="AgreementException">The server does not take an act.</exception>
    public static async Task ConcludeAsync(AgreementService service, PortalDirectory directory, DemoCertificates certificates)
    {
        foreach (var made in DemoAgreements.At(service.Now))
        {
            if (directory.Agreements.ContainsKey(made.Id)) continue;
            var document = new AgreementDocument { Id = made.Id, Terms = made.Terms };
            await service.ProposeAsync(document, Sign(AgreementAct.Propose, made.Proposer, made, certificates, service.Now), made.Proposer).ConfigureAwait(false);
            if (made.IsAccepted) await service.ActAsync(made.Id, Sign(AgreementAct.Accept, made.Counterparty, made, certificates, service.Now), null, made.Counterparty).ConfigureAwait(false);
        }
    }

    private static SignedAct Sign(AgreementAct act, string party, DemoAgreement made, DemoCertificates certificates, DateTime now)
    {
        using var own = certificates.Load(party);
        using var key = own.Certificate.GetRSAPrivateKey()!;
        var unsigned = new SignedAct
        {
            Act = act,
            Party = party,
            Signer = DemoEntities.ApplicationOf(party),
            At = now,
            Nonce = AgreementSignature.NewNonce(),
            Reason = "made by the demonstration",
            Terms = act == AgreementAct.Propose ? made.Terms : null,
            Certificate = Convert.ToBase64String(own.Certificate.RawData),
            Signature = "",
        };
        return AgreementSignature.Sign(unsigned, new ActStatement(made.Id, 1, made.Terms), key);
    }
}
