using System.Security.Cryptography;

namespace OpcPortal.Models.Tests;

public sealed class AgreementSignatureTests
{
    private readonly Party _customer = new("customer-1");
    private readonly Party _retailer = new("retailer");
    private readonly ActStatement _statement = new("17", 1, Terms.Full);

    [Fact]
    public void What_a_party_signed_is_proved_by_its_certificate()
    {
        var signed = AgreementSignature.Sign(_customer.Unsigned(AgreementAct.Accept), _statement, _customer.Key);

        Assert.Equal(SignatureVerdict.Valid, AgreementSignature.Verify(signed, _statement));
        Assert.Equal(SignatureVerdict.Wrong, AgreementSignature.Verify(signed with { Certificate = _retailer.Certificate }, _statement));
    }

    [Fact]
    public void Each_byte_of_what_was_signed_matters()
    {
        var signed = AgreementSignature.Sign(_customer.Unsigned(AgreementAct.Accept), _statement, _customer.Key);
        var bytes = AgreementCanonical.BytesOf(signed, _statement);
        var signature = Convert.FromBase64String(signed.Signature);

        Assert.True(Holds(bytes));
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] ^= 1;
            Assert.False(Holds(bytes), $"byte {i}");
            bytes[i] ^= 1;
        }

        bool Holds(byte[] altered) => _customer.Key.VerifyData(altered, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pss);
    }

    [Fact]
    public void Each_byte_of_the_signature_matters()
    {
        var signed = AgreementSignature.Sign(_customer.Unsigned(AgreementAct.Accept), _statement, _customer.Key);
        var signature = Convert.FromBase64String(signed.Signature);

        for (var i = 0; i < signature.Length; i++)
        {
            signature[i] ^= 1;
            Assert.NotEqual(SignatureVerdict.Valid, AgreementSignature.Verify(signed with { Signature = Convert.ToBase64String(signature) }, _statement));
            signature[i] ^= 1;
        }

        Assert.Equal(SignatureVerdict.Valid, AgreementSignature.Verify(signed with { Signature = Convert.ToBase64String(signature) }, _statement));
    }

    [Fact]
    public void A_signature_for_other_terms_another_act_or_another_agreement_does_not_hold()
    {
        var signed = AgreementSignature.Sign(_customer.Unsigned(AgreementAct.Accept), _statement, _customer.Key);

        Assert.Equal(SignatureVerdict.Wrong, AgreementSignature.Verify(signed, _statement with { Terms = Terms.Full with { Operations = Operations.All } }));
        Assert.Equal(SignatureVerdict.Wrong, AgreementSignature.Verify(signed with { Act = AgreementAct.Revoke }, _statement));
        Assert.Equal(SignatureVerdict.Wrong, AgreementSignature.Verify(signed, _statement with { AgreementId = "18" }));
        Assert.Equal(SignatureVerdict.Valid, AgreementSignature.Verify(signed, _statement));
    }

    [Fact]
    public void A_key_must_be_as_long_as_the_policies_of_OPC_UA_demand()
    {
        var small = new Party("customer-1", keyBits: 1024);
        var unsigned = small.Unsigned(AgreementAct.Accept);
        var forced = unsigned with { Signature = Convert.ToBase64String(small.Key.SignData(AgreementCanonical.BytesOf(unsigned, _statement), HashAlgorithmName.SHA256, RSASignaturePadding.Pss)) };

        Assert.Throws<ArgumentException>(() => AgreementSignature.Sign(unsigned, _statement, small.Key));
        Assert.Equal(SignatureVerdict.KeyUnsuitable, AgreementSignature.Verify(forced, _statement));
    }

    [Fact]
    public void Nobody_signs_with_another_key_than_that_of_the_certificate() =>
        Assert.Throws<ArgumentException>(() => AgreementSignature.Sign(_customer.Unsigned(AgreementAct.Accept), _statement, _retailer.Key));

    [Theory]
    [InlineData("", "")]
    [InlineData("AAEC", "AAEC")]
    [InlineData("!", "AAEC")]
    public void Nonsense_is_no_signature_and_breaks_nothing(string certificate, string signature) =>
        Assert.Equal(SignatureVerdict.Unreadable, AgreementSignature.Verify(_customer.Unsigned(AgreementAct.Accept) with { Certificate = certificate, Signature = signature }, _statement));

    [Fact]
    public void The_padding_is_PSS_and_no_other()
    {
        var unsigned = _customer.Unsigned(AgreementAct.Accept);
        var other = unsigned with { Signature = Convert.ToBase64String(_customer.Key.SignData(AgreementCanonical.BytesOf(unsigned, _statement), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)) };

        Assert.Equal(SignatureVerdict.Wrong, AgreementSignature.Verify(other, _statement));
    }

    [Fact]
    public void A_whole_agreement_is_verified_with_what_it_keeps_renewals_and_all()
    {
        var agreement = Live();

        Assert.Null(AgreementSignature.FlawOf(agreement));
        Assert.Equal(2, agreement.Revision);
        Assert.Equal(8, agreement.Acts.Count);
        Assert.Equal("The terms are not those that were signed.", AgreementSignature.FlawOf(agreement with { Terms = agreement.Terms with { Operations = Operations.All } }));
        Assert.Equal("The terms are not those that were signed.", AgreementSignature.FlawOf(agreement with { Revision = 3 }));
        for (var i = 0; i < agreement.Acts.Count; i++)
        {
            var acts = agreement.Acts.ToArray();
            acts[i] = acts[i] with { Reason = "altered" };
            Assert.NotNull(AgreementSignature.FlawOf(agreement with { Acts = acts }));
        }

        Assert.NotNull(AgreementSignature.FlawOf(agreement with { Acts = [] }));
    }

    [Fact]
    public void An_agreement_that_nobody_accepted_is_not_in_force_whatever_its_record_says()
    {
        var proposed = Take(null, _customer, AgreementAct.Propose, Terms.Plain);

        Assert.Null(AgreementSignature.FlawOf(proposed));
        Assert.Equal("It was never accepted.", AgreementSignature.FlawOf(proposed with { Status = AgreementStatus.Active }));
    }

    private Agreement Live()
    {
        var agreement = Take(null, _customer, AgreementAct.Propose, Terms.Plain);
        agreement = Take(agreement, _retailer, AgreementAct.Accept);
        agreement = Take(agreement, _retailer, AgreementAct.Renew, Terms.Plain with { Purpose = "advertising" });
        agreement = Take(agreement, _customer, AgreementAct.Reject);
        agreement = Take(agreement, _retailer, AgreementAct.Renew, Terms.Plain with { Purpose = "settlement" });
        agreement = Take(agreement, _customer, AgreementAct.Suspend);
        agreement = Take(agreement, _customer, AgreementAct.Accept);
        return Take(agreement, _customer, AgreementAct.Resume);
    }

    private static Agreement Take(Agreement? agreement, Party by, AgreementAct act, AgreementTerms? terms = null)
    {
        var step = AgreementLifecycle.Apply("17", agreement, by.Sign("17", agreement, act, terms), Party.Now);
        Assert.Null(step.Refusal);
        return step.Agreement!;
    }
}
